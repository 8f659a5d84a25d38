namespace K8sBackup.KubernetesApi.Failures;

/// <summary>A call to the API that did not succeed. The message says what was asked and what the server said; never a token.</summary>
public sealed class KubernetesException : Exception
{
    public KubernetesException(KubernetesFailure failure, string message, Exception? inner = null)
        : base(message, inner)
    {
        Failure = failure;
    }

    public KubernetesFailure Failure { get; }

    /// <summary>HTTP status; 0 when there was no answer.</summary>
    public int Code { get; init; }

    /// <summary>The server's word for it, <c>FieldValueInvalid</c> or <c>AlreadyExists</c> for example.</summary>
    public string Reason { get; init; } = "";

    /// <summary>The fields that are wrong.</summary>
    public IReadOnlyList<StatusCause> Causes { get; init; } = [];

    /// <summary>When the server wants to be asked again.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether the same request would fail again for the same reason.</summary>
    public bool IsPermanent => Failure is not (KubernetesFailure.Unreachable or KubernetesFailure.ServerError or KubernetesFailure.TooManyRequests
        or KubernetesFailure.Conflict or KubernetesFailure.Expired or KubernetesFailure.Credentials);
}
