namespace K8sBackup.Kubernetes.Impact;

/// <summary>Which objects are named one by one; all are counted.</summary>
/// <param name="NamesMax">Most objects named; 0 for none.</param>
/// <param name="Kind">Only of this kind, without its group; empty for all.</param>
/// <param name="Namespace">Only in this namespace; empty for all.</param>
public sealed record ImpactQuery(int NamesMax, string Kind, string Namespace)
{
    /// <summary>Most objects a report can name.</summary>
    public const int NamesLimit = 5000;

    /// <summary>True when an object is to be named.</summary>
    public bool Names(ImpactObject found)
    {
        ArgumentNullException.ThrowIfNull(found);
        return (Kind.Length == 0 || string.Equals(found.Kind.Split('.')[0].Trim('(', ')'), Kind, StringComparison.OrdinalIgnoreCase))
            && (Namespace.Length == 0 || found.Namespace == Namespace);
    }
}
