using K8sBackup.Kubernetes.Impact;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Impact;

/// <summary>Reports of impact as they are sent.</summary>
internal static class ImpactMapping
{
    public static Wire.ImpactReport ToWire(ImpactReport report) => new()
    {
        RevisionThen = report.RevisionThen,
        RevisionNow = report.RevisionNow,
        Vanishing = report.Vanishing,
        Returning = report.Returning,
        Changing = report.Changing,
        Groups =
        {
            report.Groups.Select(g => new Wire.ImpactGroup
            {
                Kind = g.Kind, Namespace = g.Namespace, Vanishing = g.Vanishing, Returning = g.Returning, Changing = g.Changing,
            }),
        },
        Infrastructure = { report.Infrastructure.Select(ToWire) },
        Named = { report.Named.Select(ToWire) },
        IsCut = report.IsCut,
    };

    private static Wire.ImpactObject ToWire(ImpactObject found) => new()
    {
        Change = (Wire.ImpactChange)(int)found.Change,
        Kind = found.Kind,
        Namespace = found.Namespace,
        Name = found.Name,
    };
}
