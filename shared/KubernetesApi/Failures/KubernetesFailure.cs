namespace K8sBackup.KubernetesApi.Failures;

/// <summary>What kind of failure it was, as far as one decides differently.</summary>
public enum KubernetesFailure
{
    /// <summary>No answer: not reached, broken off or not in time. The request may have been carried out.</summary>
    Unreachable,

    /// <summary>The server has trouble (5xx).</summary>
    ServerError,

    /// <summary>Asked to come back later (429).</summary>
    TooManyRequests,

    /// <summary>We are not known (401).</summary>
    Unauthorized,

    /// <summary>We may not (403).</summary>
    Forbidden,

    /// <summary>No such object, namespace or kind (404).</summary>
    NotFound,

    /// <summary>An object of that name is there (409).</summary>
    AlreadyExists,

    /// <summary>Changed in between, a precondition does not hold, or another manager's field (409).</summary>
    Conflict,

    /// <summary>The version or the page token is too old (410).</summary>
    Expired,

    /// <summary>The object is wrong; the causes name the fields (422).</summary>
    Invalid,

    /// <summary>The request is wrong (other 4xx).</summary>
    BadRequest,

    /// <summary>The answer is larger than we accept.</summary>
    TooLarge,

    /// <summary>The answer is not what the API gives.</summary>
    Malformed,

    /// <summary>Our own credentials cannot be had: a file is missing, or the plug-in failed.</summary>
    Credentials,
}
