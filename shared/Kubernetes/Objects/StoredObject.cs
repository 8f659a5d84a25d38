using System.Text.Json.Nodes;
using K8sBackup.Kubernetes.Encryption;

namespace K8sBackup.Kubernetes.Objects;

/// <summary>What a value in etcd says about itself. What could not be read is empty, never derived from the key.</summary>
public sealed record StoredObject
{
    /// <summary>How the value is written; of a decrypted value, what was inside.</summary>
    public required StoredForm Form { get; init; }

    /// <summary>How the value is encrypted at rest; null when it is not.</summary>
    public Protection? Protection { get; init; }

    /// <summary>Group and version, such as apps/v1.</summary>
    public string ApiVersion { get; init; } = "";

    /// <summary>Kind, such as Deployment.</summary>
    public string Kind { get; init; } = "";

    /// <summary>Namespace; empty for objects of the whole cluster.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>Name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>The object as the API would show it, as far as it is understood; null when nothing of it is.</summary>
    public JsonObject? Document { get; init; }

    /// <summary>True when the document has everything the value has.</summary>
    public bool IsComplete { get; init; }

    /// <summary>Why there is no document, or what it lacks; empty when it is complete. Never holds content.</summary>
    public string Problem { get; init; } = "";

    /// <summary>True for a Secret, whose values are not shown unless asked for.</summary>
    public bool IsSecret => Kind == "Secret" && ApiVersion == "v1";
}
