using System.IO.Enumeration;
using K8sBackup.KubernetesApi.Pods;

namespace K8sBackup.Coordinator.Dumps;

/// <summary>Which pods a plan dumps, and how. Names and values of labels are patterns with <c>*</c> and <c>?</c>; every condition given must hold.</summary>
public sealed record DumpPolicy
{
    public IReadOnlyList<string> Namespaces { get; init; } = [];

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Names of pods.</summary>
    public IReadOnlyList<string> Pods { get; init; } = [];

    /// <summary>True when the pods of one owner hold the same, so that one of them is asked, and the next when that one fails.</summary>
    public bool OneOfOwner { get; init; }

    /// <summary>Null when pods say by annotations what is to be run in them, and those that do not are left alone.</summary>
    public DumpCommand? Command { get; init; }

    /// <summary>True when anything on standard error is a failure.</summary>
    public bool ErrorFails { get; init; }

    /// <summary>Namespaces named without a pattern: ones the plan counts on.</summary>
    public IEnumerable<string> ExactNamespaces => Namespaces.Where(name => !name.AsSpan().ContainsAny('*', '?'));

    public bool Fits(Pod pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        return Fits(Namespaces, pod.Metadata.Namespace)
            && Fits(Pods, pod.Metadata.Name)
            && Labels.All(label => pod.Metadata.Labels.TryGetValue(label.Key, out string? value) && Fits(label.Value, value));
    }

    private static bool Fits(IReadOnlyList<string> patterns, string name) => patterns.Count == 0 || patterns.Any(pattern => Fits(pattern, name));

    private static bool Fits(string pattern, string text) => FileSystemName.MatchesSimpleExpression(pattern, text, ignoreCase: false);
}
