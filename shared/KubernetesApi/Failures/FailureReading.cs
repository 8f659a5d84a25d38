using System.Text.Json;
using K8sBackup.KubernetesApi.Resources;

namespace K8sBackup.KubernetesApi.Failures;

/// <summary>Answers that are not what was asked for, as exceptions.</summary>
internal static class FailureReading
{
    // What people read; a proxy's error page is cut here.
    private const int MessageCharactersMax = 1000;

    public static KubernetesException Read(string what, int code, ReadOnlySpan<byte> body, TimeSpan? retryAfter)
    {
        ApiStatus status = Parse(body);
        return Of(what, status with { Code = code }, retryAfter);
    }

    public static KubernetesException Of(string what, ApiStatus status, TimeSpan? retryAfter)
    {
        int code = status.Code ?? 0;
        TimeSpan? later = status.Details?.RetryAfterSeconds is > 0 and int seconds ? TimeSpan.FromSeconds(seconds) : null;
        string said = status.Message.Length > MessageCharactersMax ? status.Message[..MessageCharactersMax] + "…" : status.Message;
        return new KubernetesException(Kind(code, status.Reason), $"Kubernetes API, {what}: {(said.Length > 0 ? said : $"status {code}")}")
        {
            Code = code,
            Reason = status.Reason,
            Causes = status.Details?.Causes ?? [],
            RetryAfter = retryAfter ?? later,
        };
    }

    private static ApiStatus Parse(ReadOnlySpan<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, KubernetesTypes.Status) ?? new ApiStatus();
        }
        catch (JsonException)
        {
            // Proxies in between answer with pages of their own; the code says enough.
            return new ApiStatus();
        }
    }

    private static KubernetesFailure Kind(int code, string reason) => code switch
    {
        401 => KubernetesFailure.Unauthorized,
        403 => KubernetesFailure.Forbidden,
        404 => KubernetesFailure.NotFound,
        409 => reason == "AlreadyExists" ? KubernetesFailure.AlreadyExists : KubernetesFailure.Conflict,
        410 => KubernetesFailure.Expired,
        413 => KubernetesFailure.TooLarge,
        422 => KubernetesFailure.Invalid,
        429 => KubernetesFailure.TooManyRequests,
        >= 500 => KubernetesFailure.ServerError,
        >= 400 => KubernetesFailure.BadRequest,
        _ => KubernetesFailure.Malformed,
    };
}
