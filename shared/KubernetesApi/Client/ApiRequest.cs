namespace K8sBackup.KubernetesApi.Client;

/// <summary>One call.</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="Path">Path and query.</param>
/// <param name="What">For messages, <c>get Pod web/front</c> for example.</param>
internal sealed record ApiRequest(HttpMethod Method, string Path, string What)
{
    public byte[]? Body { get; init; }

    public string ContentType { get; init; } = "application/json";

    /// <summary>Doing it twice is the same as once.</summary>
    public bool IsRepeatable { get; init; }
}
