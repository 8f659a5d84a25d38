using K8sBackup.Coordinator.Volumes;
using K8sBackup.KubernetesApi.Metadata;
using K8sBackup.Model.Manifests;
using K8sBackup.Settings.Yaml;

namespace K8sBackup.Coordinator.Plans;

/// <summary>Reads which volumes of pods a plan takes.</summary>
internal static class VolumePolicyParser
{
    private const int RulesMax = 256;

    private static readonly Dictionary<string, PodVolumeKind> Kinds = new(StringComparer.Ordinal)
    {
        ["emptyDir"] = PodVolumeKind.EmptyDir,
        ["memory"] = PodVolumeKind.Memory,
        ["hostPath"] = PodVolumeKind.HostPath,
        ["local"] = PodVolumeKind.Local,
        ["nfs"] = PodVolumeKind.Nfs,
        ["csi"] = PodVolumeKind.Csi,
        ["inTree"] = PodVolumeKind.InTree,
    };

    public static VolumePolicy Read(YamlObject options)
    {
        bool takes = options.Choice("default", ("include", true), ("exclude", false));
        bool fails = options.Choice("notMounted", ("fail", true), ("note", false));
        return new VolumePolicy(takes, options.Flag("annotations", true), Rules(options), fails);
    }

    private static List<VolumeRule> Rules(YamlObject options)
    {
        IReadOnlyList<YamlObject> items = options.Mappings("rules");
        if (items.Count > RulesMax)
        {
            options.Fault("rules", $"at most {RulesMax} rules are expected, not {items.Count}.");
        }

        List<VolumeRule> rules = [];
        foreach (YamlObject item in items)
        {
            string name = item.Text("name") ?? $"rule {rules.Count + 1}";
            YamlObject? include = item.Mapping("include");
            YamlObject? exclude = item.Mapping("exclude");
            if (include is null == exclude is null)
            {
                item.Fault(include is null ? "" : "exclude", "a rule needs exactly one of include, exclude.");
            }
            else
            {
                rules.Add(Rule(include ?? exclude!, name, include is not null));
            }

            item.RejectOthers();
        }

        return rules;
    }

    private static VolumeRule Rule(YamlObject at, string name, bool includes)
    {
        VolumeRule rule = new()
        {
            Name = name,
            Includes = includes,
            Namespaces = at.Texts("namespaces"),
            NamespaceLabels = at.TextMap("namespaceLabels"),
            PodLabels = at.TextMap("podLabels"),
            ClaimLabels = at.TextMap("claimLabels"),
            Claims = at.Texts("claims"),
            Volumes = at.Texts("volumes"),
            StorageClasses = at.Texts("storageClasses"),
            Kinds = ReadKinds(at),
            SizeMin = Size(at, "minSize"),
            SizeMax = Size(at, "maxSize"),
        };
        if (rule.SizeMin > rule.SizeMax)
        {
            at.Fault("minSize", "is more than maxSize, so that no volume fits.");
        }

        at.RejectOthers();
        return rule;
    }

    private static List<PodVolumeKind> ReadKinds(YamlObject at)
    {
        List<PodVolumeKind> kinds = [];
        foreach (string word in at.Texts("kinds"))
        {
            if (Kinds.TryGetValue(word, out PodVolumeKind kind))
            {
                kinds.Add(kind);
            }
            else
            {
                at.Fault("kinds", $"one of {string.Join(", ", Kinds.Keys)} is expected, not '{word}'.");
            }
        }

        return kinds;
    }

    private static long? Size(YamlObject at, string field)
    {
        if (at.Text(field) is not { } text)
        {
            return null;
        }

        if (Quantity.TryParse(text, out Quantity size) && size.Value >= 0)
        {
            return size.Bytes;
        }

        at.Fault(field, $"a size such as 10Gi is expected, not '{text}'.");
        return null;
    }
}
