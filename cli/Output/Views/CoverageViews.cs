using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Output.Views;

internal static class CoverageViews
{
    public static readonly View<CoverageItem> Item = new View<CoverageItem>()
        .Text("state", "State", i => Words.Of(i.State))
        .Text("kind", "Kind", i => Words.Of(i.Kind))
        .Text("name", "Name", i => i.Namespace.Length > 0 ? $"{i.Namespace}/{i.Name}" : i.Name)
        .Text("node", "Node", i => i.Node)
        .Time("lastGood", "Last good", i => i.LastGood)
        .Text("plan", "Plan", i => i.Plan)
        .Text("rule", "Rule", i => i.Rule)
        .Text("reason", "Why not", i => i.Reason);
}
