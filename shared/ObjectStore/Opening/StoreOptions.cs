namespace K8sBackup.ObjectStore.Opening;

/// <summary>Where a store is and how it is to be used: everything <see cref="StoreFactory"/> needs.</summary>
public sealed record StoreOptions
{
    /// <summary>Directory of a local store; absolute.</summary>
    public string? LocalPath { get; init; }

    /// <summary>True when nothing may be written.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>The place as people know it; without secrets.</summary>
    public string Description => LocalPath ?? "nowhere";

    /// <summary>A store in a directory.</summary>
    public static StoreOptions ForLocal(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new StoreOptions { LocalPath = Path.GetFullPath(path) };
    }
}
