using K8sBackup.Cli.Output;
using K8sBackup.Kubernetes.Impact;

namespace K8sBackup.Cli.Impact;

internal static class ImpactViews
{
    public static readonly View<ImpactGroup> Group = new View<ImpactGroup>()
        .Text("kind", "Kind", g => g.Kind)
        .Text("namespace", "Namespace", g => g.Namespace)
        .Number("vanish", "Vanish", g => g.Vanishing)
        .Number("return", "Return", g => g.Returning)
        .Number("change", "Change", g => g.Changing);

    public static readonly View<ImpactObject> Object = new View<ImpactObject>()
        .Text("change", "What happens", o => o.Change.ToString())
        .Text("kind", "Kind", o => o.Kind)
        .Text("namespace", "Namespace", o => o.Namespace)
        .Text("name", "Name", o => o.Name);

    public static readonly View<CapturedCertificate> Certificate = new View<CapturedCertificate>()
        .Text("node", "Node", c => c.Node)
        .Text("path", "File", c => c.Path)
        .Text("subject", "Subject", c => c.Subject)
        .Time("notAfter", "Ends", c => c.NotAfter)
        .Flag("expired", "Expired", c => c.IsExpired);

    public static readonly View<RestoreImpact> Impact = new View<RestoreImpact>()
        .Text("pointId", "Restore point", i => i.PointId)
        .Text("source", "Source", i => i.Source)
        .Text("comparedWith", "Compared with", i => i.ComparedWith)
        .Flag("live", "Live", i => i.IsLive, FieldPlace.Documents)
        .Number("revisionThen", "Revision restored", i => i.Report.RevisionThen)
        .Number("revisionNow", "Revision now", i => i.Report.RevisionNow)
        .Number("vanishing", "Objects that vanish", i => i.Report.Vanishing)
        .Number("returning", "Objects that return", i => i.Report.Returning)
        .Number("changing", "Objects that change", i => i.Report.Changing)
        .Text("versionSkew", "Version skew", i => i.VersionSkew)
        .Number("expiredCertificates", "Expired certificates", i => i.Certificates.Count(c => c.IsExpired))
        .Flag("cut", "Lists are cut", i => i.Report.IsCut)
        .List("notes", "Notes", i => i.Notes)
        .Table("groups", "Objects by kind and namespace", Group, i => i.Report.Groups)
        .Table("infrastructure", "Nodes and volumes that vanish or return with nothing behind them changing", Object, i => i.Report.Infrastructure)
        .Table("named", "Objects", Object, i => i.Report.Named)
        .Table("certificates", "Certificates in the restore point", Certificate, i => i.Certificates);
}
