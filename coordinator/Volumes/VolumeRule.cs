using System.IO.Enumeration;
using K8sBackup.Model.Manifests;

namespace K8sBackup.Coordinator.Volumes;

/// <summary>
/// One rule of a plan about volumes of pods: every condition given must hold. Names and values of labels are patterns with <c>*</c> and
/// <c>?</c>, of which one must fit. A rule that takes volumes and names no kinds takes those of claims only: scratch space and
/// directories of nodes are taken when somebody asks for them.
/// </summary>
public sealed record VolumeRule
{
    /// <summary>How the rule is called where its effect is told.</summary>
    public required string Name { get; init; }

    public required bool Includes { get; init; }

    public IReadOnlyList<string> Namespaces { get; init; } = [];

    public IReadOnlyDictionary<string, string> NamespaceLabels { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> PodLabels { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> ClaimLabels { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<string> Claims { get; init; } = [];

    /// <summary>Names in the pod.</summary>
    public IReadOnlyList<string> Volumes { get; init; } = [];

    public IReadOnlyList<string> StorageClasses { get; init; } = [];

    public IReadOnlyList<PodVolumeKind> Kinds { get; init; } = [];

    /// <summary>Bytes of the claim; a volume without a known size is neither large nor small.</summary>
    public long? SizeMin { get; init; }

    public long? SizeMax { get; init; }

    /// <summary>Namespaces named without a pattern: ones the plan counts on.</summary>
    public IEnumerable<string> ExactNamespaces => Namespaces.Where(name => !name.AsSpan().ContainsAny('*', '?'));

    public bool Matches(VolumeUse use)
    {
        ArgumentNullException.ThrowIfNull(use);
        PodVolume volume = use.Volume;
        return Fits(Namespaces, volume.Namespace)
            && Has(use.NamespaceLabels, NamespaceLabels)
            && Has(use.PodLabels, PodLabels)
            && Has(use.ClaimLabels, ClaimLabels)
            && Fits(Claims, volume.Claim)
            && Fits(Volumes, volume.Volume)
            && Fits(StorageClasses, volume.StorageClass)
            && MatchesKind(volume)
            && MatchesSize(use.Bytes);
    }

    private bool MatchesKind(PodVolume volume) => Kinds.Count > 0 ? Kinds.Contains(volume.Kind) : !Includes || volume.Claim.Length > 0;

    private bool MatchesSize(long? bytes) =>
        (SizeMin is null && SizeMax is null) || (bytes is { } size && size >= (SizeMin ?? 0) && size <= (SizeMax ?? long.MaxValue));

    private static bool Fits(IReadOnlyList<string> patterns, string name) =>
        patterns.Count == 0 || (name.Length > 0 && patterns.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false)));

    private static bool Has(IReadOnlyDictionary<string, string> labels, IReadOnlyDictionary<string, string> wanted) => wanted.All(label =>
        labels.TryGetValue(label.Key, out string? value) && FileSystemName.MatchesSimpleExpression(label.Value, value, ignoreCase: false));
}
