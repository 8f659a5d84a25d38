using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using K8sBackup.ObjectStore.Opening;
using K8sBackup.ObjectStore.Retrying;
using K8sBackup.ObjectStore.S3;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Certificates;
using K8sBackup.TestKit.ObjectGateways;

namespace K8sBackup.ObjectStore.Tests.S3;

/// <summary>One real S3 server for all tests of the collection; each takes a bucket or a prefix of its own.</summary>
public sealed class CephFixture : IAsyncLifetime
{
    public const string Collection = "ceph";

    private readonly TestCertificateAuthority _authority = TestCertificateAuthority.Create();
    private readonly TemporaryDirectory _directory = new();
    private int _buckets;
    private AmazonS3Client? _client;

    public CephServer Server { get; private set; } = null!;

    public string CredentialsFile => Path.Combine(_directory.Path, "credentials");

    /// <summary>A client of the SDK alone, to look behind the store.</summary>
    public AmazonS3Client Client => _client!;

    public async Task InitializeAsync()
    {
        Server = await CephServer.StartAsync(new CephServerOptions { Authority = _authority });
        WriteCredentials(CredentialsFile, CephServer.AccessKey, CephServer.SecretKey);
        _client = new AmazonS3Client(
            new BasicAWSCredentials(CephServer.AccessKey, CephServer.SecretKey),
            new AmazonS3Config
            {
                ServiceURL = Server.Endpoint.ToString(),
                ForcePathStyle = true,
                AuthenticationRegion = S3Options.DefaultRegion,
                RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
                ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            });
    }

    public async Task DisposeAsync()
    {
        _client?.Dispose();
        await Server.DisposeAsync();
        _authority.Dispose();
        _directory.Dispose();
    }

    public static void WriteCredentials(string path, string key, string secret) => File.WriteAllText(
        path, $"# of a test\n[other]\naws_access_key_id = no\naws_secret_access_key = no\n\n[{S3CredentialSource.DefaultProfile}]\naws_access_key_id = {key}\naws_secret_access_key={secret}\n");

    public async Task<string> NewBucketAsync(bool isVersioned = false, bool isLocked = false)
    {
        string bucket = $"bucket-{Interlocked.Increment(ref _buckets)}";
        await Client.PutBucketAsync(new PutBucketRequest { BucketName = bucket, ObjectLockEnabledForBucket = isLocked });
        if (isVersioned)
        {
            await Client.PutBucketVersioningAsync(
                new PutBucketVersioningRequest { BucketName = bucket, VersioningConfig = new S3BucketVersioningConfig { Status = VersionStatus.Enabled } });
        }

        return bucket;
    }

    /// <summary>A bucket anybody may use without a signature.</summary>
    public async Task<string> NewOpenBucketAsync(bool isLocked = false)
    {
        string bucket = await NewBucketAsync(isLocked, isLocked);
        string policy = $$"""
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*",
              "Resource": ["arn:aws:s3:::{{bucket}}", "arn:aws:s3:::{{bucket}}/*"]}]}
            """;
        await Client.PutBucketPolicyAsync(new PutBucketPolicyRequest { BucketName = bucket, Policy = policy });
        return bucket;
    }

    /// <summary>Options for a bucket on the plain port, or on another endpoint.</summary>
    public S3Options Bucket(string bucket, Uri? endpoint = null) => new()
    {
        Bucket = bucket,
        Prefix = "prod/k8s",
        Endpoint = endpoint ?? Server.Endpoint,
        Credentials = new S3CredentialSource(CredentialsFile, S3CredentialSource.DefaultProfile),
        RequestTimeout = TimeSpan.FromSeconds(10),
    };

    public S3Options TlsBucket(string bucket) => Bucket(bucket, Server.TlsEndpoint) with { AuthorityFile = Server.AuthorityPath };

    /// <summary>Opens it for writing, with few and short retries.</summary>
    public static Task<OpenedStore> OpenAsync(S3Options bucket, StoreUse use = StoreUse.Existing) => StoreFactory.OpenAsync(
        new StoreOptions { S3 = bucket, Retry = new RetryOptions(6, TimeSpan.FromSeconds(20)) { FirstDelayMax = TimeSpan.FromMilliseconds(20) } },
        use,
        TimeProvider.System,
        default);
}
