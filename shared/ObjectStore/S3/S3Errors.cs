using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Amazon.Runtime;
using Amazon.S3;

namespace K8sBackup.ObjectStore.S3;

/// <summary>
/// Turns what endpoint, SDK and network say into the store's causes. A message has the status and code of the endpoint
/// and words of ours: bodies of answers can repeat what was signed, and stay out.
/// </summary>
internal static class S3Errors
{
    /// <summary>True when the endpoint refused the keys themselves, and not what was asked with them.</summary>
    public static bool IsRefusedKey(Exception exception) => exception is AmazonS3Exception e
        && e.ErrorCode is "InvalidAccessKeyId" or "SignatureDoesNotMatch" or "ExpiredToken" or "InvalidToken" or "TokenRefreshRequired"
            or "Unauthorized" or "Forbidden" or "403" or "401";

    /// <summary>True when the endpoint refused the request, for whatever reason: an answer without a body does not say.</summary>
    public static bool IsRefused(Exception exception) => exception is AmazonS3Exception { StatusCode: HttpStatusCode.Forbidden };

    /// <summary>True when the endpoint refused the time the request was signed with.</summary>
    public static bool IsRefusedTime(Exception exception) => exception is AmazonS3Exception { ErrorCode: "RequestTimeTooSkewed" };

    /// <summary>True when a condition of the request did not hold.</summary>
    public static bool IsPreconditionFailed(AmazonS3Exception e) => e.StatusCode == HttpStatusCode.PreconditionFailed || e.ErrorCode == "PreconditionFailed";

    /// <summary>True when the object, not the bucket, is not there.</summary>
    public static bool IsNotFound(AmazonS3Exception e) => e.StatusCode == HttpStatusCode.NotFound && e.ErrorCode != "NoSuchBucket";

    public static ObjectStoreException From(Exception exception, string operation, string name) => exception switch
    {
        ObjectStoreException known => known,
        AmazonS3Exception answer => FromAnswer(answer, operation, name),
        AmazonUnmarshallingException => new(ObjectStoreError.Unavailable, operation, name, "the endpoint's answer is not S3", exception),
        InvalidDataException or UnauthorizedAccessException or FileNotFoundException or DirectoryNotFoundException =>
            new(ObjectStoreError.Configuration, operation, name, $"no keys: {exception.Message}", exception),
        _ when Find<AuthenticationException>(exception) is { } tls => new(
            ObjectStoreError.Configuration, operation, name, $"the endpoint is not who it should be: {tls.Message}", exception),
        _ when Find<SocketException>(exception) is { } socket => new(ObjectStoreError.Unavailable, operation, name, $"no connection: {socket.Message}", exception),
        HttpRequestException or IOException => new(ObjectStoreError.Unavailable, operation, name, $"the connection broke: {exception.Message}", exception),
        AmazonServiceException service => new(ObjectStoreError.Unavailable, operation, name, $"the endpoint answered {(int)service.StatusCode}", exception),
        AmazonClientException => new(ObjectStoreError.Configuration, operation, name, $"the request cannot be made: {exception.Message}", exception),
        _ => new(ObjectStoreError.Unavailable, operation, name, $"{exception.GetType().Name}: {exception.Message}", exception),
    };

    private static ObjectStoreException FromAnswer(AmazonS3Exception answer, string operation, string name)
    {
        (ObjectStoreError error, string words) = (answer.ErrorCode, (int)answer.StatusCode) switch
        {
            ("NoSuchBucket", _) => (ObjectStoreError.Configuration, "there is no such bucket"),
            ("PermanentRedirect" or "AuthorizationHeaderMalformed" or "InvalidBucketName", _) or (_, 301 or 307) =>
                (ObjectStoreError.Configuration, "bucket, region or endpoint is another one"),
            ("QuotaExceeded" or "XMinioStorageFull" or "InsufficientStorage", _) or (_, 507) => (ObjectStoreError.NoSpace, "no room or quota is left"),
            ("EntityTooLarge", _) or (_, 413) => (ObjectStoreError.TooLarge, "the endpoint does not take objects of this size"),
            // The bytes changed on the way; the next attempt sends them again.
            ("XAmzContentSHA256Mismatch" or "BadDigest" or "InvalidDigest" or "IncompleteBody" or "RequestTimeout", _) =>
                (ObjectStoreError.Unavailable, "the content did not arrive as it was sent"),
            ("InvalidRange", _) or (_, 416) => (ObjectStoreError.Truncated, "the object ends before the range"),
            ("NotImplemented", _) or (_, 501) => (ObjectStoreError.Unsuitable, "the endpoint cannot do this"),
            (_, 404) => (ObjectStoreError.NotFound, "no such object"),
            (_, 401 or 403) => (ObjectStoreError.PermissionDenied, "the endpoint refuses it"),
            (_, 409) => (ObjectStoreError.Unavailable, "another request for the object is under way"),
            (_, 408 or 429 or >= 500) => (ObjectStoreError.Unavailable, "the endpoint is busy or failed inside"),
            _ => (ObjectStoreError.Unsuitable, "the endpoint does not accept the request"),
        };
        return new ObjectStoreException(error, operation, name, $"{words}; it answered {(int)answer.StatusCode} {Code(answer)}", answer);
    }

    // A code is one word; anything else is not one.
    private static string Code(AmazonS3Exception answer) =>
        answer.ErrorCode is { Length: > 0 and <= 64 } code && code.All(char.IsAsciiLetterOrDigit) ? code : "without a code";

    private static T? Find<T>(Exception? exception)
        where T : Exception
    {
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            if (e is T found)
            {
                return found;
            }
        }

        return null;
    }
}
