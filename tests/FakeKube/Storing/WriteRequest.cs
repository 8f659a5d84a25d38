using K8sBackup.FakeKube.Objects;

namespace K8sBackup.FakeKube.Storing;

/// <summary>What a write is about.</summary>
internal sealed record WriteRequest(ResourceDefinition Type, string Namespace, string Name)
{
    /// <summary><c>status</c> or nothing.</summary>
    public string Subresource { get; init; } = "";

    /// <summary>Who manages what is written.</summary>
    public string Manager { get; init; } = "unknown";
}
