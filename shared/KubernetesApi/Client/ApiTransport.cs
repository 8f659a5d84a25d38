using System.Net.Http.Headers;
using System.Net.WebSockets;
using K8sBackup.KubernetesApi.Configuration;
using K8sBackup.KubernetesApi.Credentials;
using K8sBackup.KubernetesApi.Failures;

namespace K8sBackup.KubernetesApi.Client;

/// <summary>Sends requests: credentials, budget, deadlines, repetition, and errors as <see cref="KubernetesException"/>. Thread-safe.</summary>
internal sealed class ApiTransport : IDisposable
{
    private const int ErrorBytesMax = 1024 * 1024;

    private readonly ClusterAccess _access;
    private readonly KubernetesClientOptions _options;
    private readonly TimeProvider _clock;
    private readonly ConnectionPool _connections;
    private readonly RequestBudget _budget;
    private readonly RetryPolicy _retries;
    private readonly Uri _root;

    public ApiTransport(ClusterAccess access, KubernetesClientOptions options, TimeProvider clock, Random random)
    {
        _access = access;
        _options = options;
        _clock = clock;
        _connections = new ConnectionPool(access.Trust);
        _budget = new RequestBudget(options.RequestsPerSecond, options.Burst, clock);
        _retries = new RetryPolicy(options, random);
        _root = access.Server.AbsoluteUri.EndsWith('/') ? access.Server : new Uri(access.Server.AbsoluteUri + "/");
    }

    /// <summary>The whole answer, after as many attempts as make sense.</summary>
    public async Task<byte[]> SendAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            await _budget.TakeAsync(cancellationToken);
            bool wasSent = true;
            KubernetesException failure;
            using CancellationTokenSource timeout = new(_options.AttemptTimeout, _clock);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
            try
            {
                using HttpResponseMessage response = await ExchangeAsync(request, either.Token);
                await using Stream body = await response.Content.ReadAsStreamAsync(either.Token);
                return await BoundedReading.ReadAsync(body, _options.AnswerBytesMax, either.Token);
            }
            catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                failure = Unreachable(request, $"no answer within {_options.AttemptTimeout.TotalSeconds:0} seconds", null);
            }
            catch (HttpRequestException e)
            {
                wasSent = e.HttpRequestError is not (HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError);
                failure = Unreachable(request, Explain(e), e);
            }
            catch (IOException e)
            {
                failure = Unreachable(request, e.Message, e);
            }
            catch (InvalidDataException e)
            {
                throw new KubernetesException(KubernetesFailure.TooLarge, $"Kubernetes API, {request.What}: the server {e.Message}", e);
            }
            catch (KubernetesException e)
            {
                failure = e;
            }

            TimeSpan? pause = _retries.PauseAfter(failure, attempt, request.IsRepeatable, wasSent);
            if (pause is null)
            {
                throw failure;
            }

            await Task.Delay(pause.Value, _clock, cancellationToken);
        }
    }

    /// <summary>An answer that goes on; one attempt. The caller disposes it and minds its own deadlines once the head is there.</summary>
    public async Task<HttpResponseMessage> OpenAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        await _budget.TakeAsync(cancellationToken);
        using CancellationTokenSource timeout = new(_options.AttemptTimeout, _clock);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await ExchangeAsync(request, either.Token);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw Unreachable(request, $"no answer within {_options.AttemptTimeout.TotalSeconds:0} seconds", null);
        }
        catch (HttpRequestException e)
        {
            throw Unreachable(request, Explain(e), e);
        }
        catch (IOException e)
        {
            throw Unreachable(request, e.Message, e);
        }
    }

    /// <summary>A WebSocket; one attempt, with fresh credentials when we are not known.</summary>
    public async Task<WebSocket> ConnectAsync(ApiRequest request, string protocol, CancellationToken cancellationToken)
    {
        await _budget.TakeAsync(cancellationToken);
        using CancellationTokenSource timeout = new(_options.AttemptTimeout, _clock);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        for (bool refresh = false; ; refresh = true)
        {
            Credential credential = await _access.Credentials.GetAsync(refresh, either.Token);
            ClientWebSocket socket = new();
            try
            {
                socket.Options.AddSubProtocol(protocol);
                socket.Options.CollectHttpResponseDetails = true;
                socket.Options.KeepAliveInterval = _options.ExecPing;
                socket.Options.KeepAliveTimeout = _options.ExecPatience;
                socket.Options.SetRequestHeader("User-Agent", _options.UserAgent);
                if (_access.Trust.ServerName.Length > 0)
                {
                    socket.Options.SetRequestHeader("Host", _access.Trust.ServerName);
                }

                if (credential.Token.Length > 0)
                {
                    socket.Options.SetRequestHeader("Authorization", $"Bearer {credential.Token}");
                }

                UriBuilder address = new(new Uri(_root, request.Path)) { Scheme = _root.Scheme == Uri.UriSchemeHttp ? "ws" : "wss" };
                await socket.ConnectAsync(address.Uri, _connections.For(credential.Certificate), either.Token);
                return socket;
            }
            catch (WebSocketException e)
            {
                int code = (int)socket.HttpStatusCode;
                socket.Dispose();
                if (code == 401 && !refresh)
                {
                    continue;
                }

                throw code is 0 or 101 ? Unreachable(request, e.InnerException?.Message ?? e.Message, e) : FailureReading.Read(request.What, code, [], null);
            }
            catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                socket.Dispose();
                throw Unreachable(request, $"no answer within {_options.AttemptTimeout.TotalSeconds:0} seconds", null);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }

    public KubernetesException Unreachable(ApiRequest request, string why, Exception? inner) =>
        new(KubernetesFailure.Unreachable, $"Kubernetes API at {_root.Authority}, {request.What}: {why}", inner);

    public void Dispose()
    {
        _connections.Dispose();
        (_access.Credentials as IDisposable)?.Dispose();
    }

    /// <summary>One exchange; when we are not known, a second with fresh credentials.</summary>
    private async Task<HttpResponseMessage> ExchangeAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        Credential credential = await _access.Credentials.GetAsync(refresh: false, cancellationToken);
        HttpResponseMessage response = await ExchangeAsync(request, credential, cancellationToken);
        if (response.StatusCode == System.Net.HttpStatusCode.Unauthorized)
        {
            Credential fresh = await _access.Credentials.GetAsync(refresh: true, cancellationToken);
            if (fresh.Token != credential.Token || fresh.Certificate?.Thumbprint != credential.Certificate?.Thumbprint)
            {
                response.Dispose();
                response = await ExchangeAsync(request, fresh, cancellationToken);
            }
        }

        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
            byte[] text = await BoundedReading.ReadAsync(body, ErrorBytesMax, cancellationToken);
            throw FailureReading.Read(request.What, (int)response.StatusCode, text, RetryAfter(response.Headers.RetryAfter));
        }
    }

    private async Task<HttpResponseMessage> ExchangeAsync(ApiRequest request, Credential credential, CancellationToken cancellationToken)
    {
        using HttpRequestMessage message = new(request.Method, new Uri(_root, request.Path))
        {
            Version = System.Net.HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        message.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        message.Headers.UserAgent.ParseAdd(_options.UserAgent);
        if (_access.Trust.ServerName.Length > 0)
        {
            // The name asked for in the handshake, and compared with the certificate, is that of this header.
            message.Headers.Host = _access.Trust.ServerName;
        }

        if (credential.Token.Length > 0)
        {
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", credential.Token);
        }

        if (request.Body is not null)
        {
            message.Content = new ByteArrayContent(request.Body);
            message.Content.Headers.ContentType = new MediaTypeHeaderValue(request.ContentType);
        }

        return await _connections.For(credential.Certificate).SendAsync(message, cancellationToken);
    }

    private TimeSpan? RetryAfter(RetryConditionHeaderValue? header) =>
        header?.Delta ?? (header?.Date is { } date ? TimeSpan.FromTicks(Math.Max(0, (date - _clock.GetUtcNow()).Ticks)) : null);

    // The outer message is "An error occurred while sending the request"; the reason is inside.
    private static string Explain(HttpRequestException e) => e.InnerException?.Message ?? e.Message;
}
