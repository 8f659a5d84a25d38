using K8sBackup.Settings.Yaml;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Coordinator.Plans;

/// <summary>Reads lists of node selectors.</summary>
internal static class SelectorParser
{
    /// <summary>The selectors; empty, meaning every node, when the field is absent.</summary>
    public static IReadOnlyList<NodeSelector> Read(YamlObject at, string field)
    {
        List<NodeSelector> selectors = [];
        foreach (YamlObject item in at.Mappings(field))
        {
            selectors.Add(new NodeSelector(item.Texts("names"), item.TextMap("labels"), Roles(item)));
            if (!item.Has("names") && !item.Has("labels") && !item.Has("roles"))
            {
                item.Fault("names", "a selector needs names, labels or roles; for every node write names: ['*'].");
            }

            item.RejectOthers();
        }

        return selectors;
    }

    private static List<Role> Roles(YamlObject item)
    {
        List<Role> roles = [];
        foreach (string word in item.Texts("roles"))
        {
            if (PeerIdentity.ParseRole(word) is { } role and (Role.ControlPlane or Role.Worker))
            {
                roles.Add(role);
            }
            else
            {
                item.Fault("roles", $"control-plane or worker is expected, not '{word}'.");
            }
        }

        return roles;
    }
}
