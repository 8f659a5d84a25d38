namespace K8sBackup.KubernetesApi.Resources;

/// <summary>What must hold for an object to be deleted, and what becomes of what it owns.</summary>
public sealed record DeleteOptions
{
    public static DeleteOptions Anything { get; } = new();

    /// <summary>Only the object with this uid; empty for any.</summary>
    public string Uid { get; init; } = "";

    /// <summary>Only the object in this version; empty for any.</summary>
    public string ResourceVersion { get; init; } = "";

    /// <summary>Leaves what the object owns where it is.</summary>
    public bool Orphan { get; init; }
}
