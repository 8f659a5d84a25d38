namespace K8sBackup.KubernetesApi.Resources;

/// <summary>Which objects of a kind.</summary>
public sealed record ListQuery
{
    /// <summary>More in one answer help nobody; the server and we both hold the page in memory.</summary>
    public const int PageItems = 500;

    public static ListQuery Everything { get; } = new();

    /// <summary>Empty for all namespaces.</summary>
    public string Namespace { get; init; } = "";

    /// <summary><c>app=web,tier!=cache,env in (a,b),has,!hasNot</c>.</summary>
    public string LabelSelector { get; init; } = "";

    /// <summary><c>spec.nodeName=n1</c>, for example.</summary>
    public string FieldSelector { get; init; } = "";

    /// <summary>Items on a page.</summary>
    public int Limit { get; init; } = PageItems;

    /// <summary>From the page before.</summary>
    public string Continue { get; init; } = "";

    public static ListQuery In(string ns) => new() { Namespace = ns };
}
