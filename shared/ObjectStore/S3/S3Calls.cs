using Amazon.Runtime;
using Amazon.S3;
using K8sBackup.ObjectStore.Throttling;

namespace K8sBackup.ObjectStore.S3;

/// <summary>
/// Makes calls to one bucket: each within a time limit, with the keys of the moment, and with failures in the store's
/// terms. Nothing is tried twice here; that is the retrying store's.
/// </summary>
internal sealed class S3Calls : IDisposable
{
    // Throttled transfers share the rate, so each may be this much slower.
    private const int SharersMax = 64;

    private readonly S3Options _options;
    private readonly TimeProvider _clock;
    private readonly long _bytesPerSecondMin;
    private readonly ReloadingCredentials _credentials;
    private readonly EndpointHttp _http;
    private readonly AmazonS3Client _client;

    public S3Calls(S3Options options, ThrottleOptions limits, StoreThrottle throttle, TimeProvider clock)
    {
        _options = options;
        _clock = clock;
        _bytesPerSecondMin = Math.Max(1, new[] { options.BytesPerSecondMin, limits.UploadBytesPerSecond / SharersMax, limits.DownloadBytesPerSecond / SharersMax }.Min() ?? 1);
        _credentials = new ReloadingCredentials(options.Credentials);
        Endpoint = new EndpointClock(clock);
        _http = new EndpointHttp(options, throttle, Endpoint);
        _client = new AmazonS3Client(_credentials, Configuration(options, _http));
    }

    public S3Options Options => _options;

    /// <summary>The endpoint's time.</summary>
    public EndpointClock Endpoint { get; }

    /// <summary>Makes a call that moves about the given number of bytes.</summary>
    /// <exception cref="ObjectStoreException">It failed; the exception is the store's.</exception>
    public async Task<T> RunAsync<T>(
        string operation, string name, long bytes, Func<AmazonS3Client, CallLimit, Task<T>> call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using CallLimit limit = new(_clock, _options.RequestTimeout, _bytesPerSecondMin, cancellationToken);
        limit.Allow(bytes);
        ImmutableCredentials? used = null;
        TimeSpan? ahead = Endpoint.Ahead;
        try
        {
            used = _credentials.GetCredentials();
            return await call(_client, limit);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e) when (limit.IsOver)
        {
            throw new ObjectStoreException(ObjectStoreError.Unavailable, operation, name, $"not done within {limit.Allowed.TotalSeconds:0} s", e);
        }
        catch (Exception e) when (used is not null && S3Errors.IsRefusedKey(e) && IsRenewed(used))
        {
            throw new ObjectStoreException(ObjectStoreError.Unavailable, operation, name, "the endpoint refused keys that have been replaced since", e);
        }
        catch (Exception e) when (S3Errors.IsRefused(e) && (Endpoint.HasNewsSince(ahead) || (S3Errors.IsRefusedTime(e) && Endpoint.IsElsewhere)))
        {
            // The SDK signs by the time of the last answer for the same part of the endpoint, and so the next attempt by this one's.
            throw new ObjectStoreException(ObjectStoreError.Unavailable, operation, name, $"the endpoint refused the time it was signed with: {Endpoint.Describe()}", e);
        }
        catch (Exception e) when (S3Errors.IsRefusedTime(e))
        {
            throw new ObjectStoreException(
                ObjectStoreError.PermissionDenied, operation, name, $"the endpoint refuses the time of the request (403 RequestTimeTooSkewed): {Endpoint.Describe()}", e);
        }
        catch (Exception e)
        {
            throw S3Errors.From(e, operation, name);
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _http.Dispose();
    }

    internal static AmazonS3Config Configuration(S3Options options, EndpointHttp http)
    {
        AmazonS3Config config = new()
        {
            AuthenticationRegion = options.Region,
            ForcePathStyle = options.UsesPathStyle,
            MaxErrorRetry = 0,
            MaxStaleConnectionRetries = 0,
            HttpClientFactory = http,
            Timeout = Timeout.InfiniteTimeSpan,
            // The default sends trailing checksums that other servers than Amazon's refuse; content is covered by the signature.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            IgnoreConfiguredEndpointUrls = true,
            AllowAutoRedirect = false,
        };
        if (options.Endpoint is { } endpoint)
        {
            config.ServiceURL = endpoint.ToString();
        }
        else
        {
            config.RegionEndpoint = Amazon.RegionEndpoint.GetBySystemName(options.Region);
        }

        return config;
    }

    private bool IsRenewed(ImmutableCredentials refused)
    {
        try
        {
            return _credentials.Renew(refused.AccessKey, refused.SecretKey);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            // The refusal is what the caller hears; that the file cannot be read now comes with the next call.
            return false;
        }
    }
}
