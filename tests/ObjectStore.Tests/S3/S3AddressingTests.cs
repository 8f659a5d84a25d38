using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using K8sBackup.ObjectStore.S3;
using K8sBackup.ObjectStore.Throttling;

namespace K8sBackup.ObjectStore.Tests.S3;

/// <summary>Where requests go and for which region they are signed. What names a bucket does not resolve here, so none is sent.</summary>
public sealed class S3AddressingTests
{
    [Theory]
    [InlineData("https://s3.example:9000", true, "https://s3.example:9000/backups/prod/key?")]
    [InlineData("https://s3.example:9000", false, "https://backups.s3.example:9000/prod/key?")]
    [InlineData("http://s3.example", true, "http://s3.example/backups/prod/key?")]
    [InlineData(null, true, "https://s3.eu-west-1.amazonaws.com/backups/prod/key?")]
    [InlineData(null, false, "https://backups.s3.eu-west-1.amazonaws.com/prod/key?")]
    public async Task Requests_GoToTheBucketInTheFormAndRegionAskedFor(string? endpoint, bool usesPathStyle, string expected)
    {
        S3Options options = new() { Bucket = "backups", Region = "eu-west-1", Endpoint = endpoint is null ? null : new Uri(endpoint), UsesPathStyle = usesPathStyle };
        using EndpointHttp http = new(options, new ThrottleOptions().ToThrottle(TimeProvider.System), new EndpointClock(TimeProvider.System));
        using AmazonS3Client client = new(new BasicAWSCredentials("key", "secret"), S3Calls.Configuration(options, http));

        string request = await client.GetPreSignedURLAsync(new GetPreSignedUrlRequest
        {
            BucketName = options.Bucket,
            Key = "prod/key",
            Protocol = endpoint?.StartsWith("http:", StringComparison.Ordinal) == true ? Protocol.HTTP : Protocol.HTTPS,
            Expires = TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(1),
        });

        Assert.StartsWith(expected, request, StringComparison.Ordinal);
        Assert.Contains("%2Feu-west-1%2Fs3%2Faws4_request", request, StringComparison.Ordinal);
    }
}
