using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Output.Views;

internal static class NodeViews
{
    public static readonly View<Node> Node = new View<Node>()
        .Text("name", "Name", n => n.Name)
        .Text("role", "Role", n => Words.Of(n.Role))
        .Flag("connected", "Connected", n => n.Connected)
        .Time("lastSeen", "Last seen", n => n.LastSeen)
        .Text("agentVersion", "Version", n => n.AgentVersion)
        .Time("certificateNotAfter", "Certificate until", n => n.CertificateNotAfter)
        .Map("labels", "Labels", n => n.Labels);

    public static readonly View<RemoveNodeRequest> Removed = new View<RemoveNodeRequest>()
        .Text("removed", "Removed", n => n.Name);

    public static readonly View<CreateJoinTokenResponse> Token = new View<CreateJoinTokenResponse>()
        .Text("token", "Token", t => t.Token)
        .Time("expiresAt", "Expires", t => t.ExpiresAt);

    public static readonly View<GetStatusResponse> Status = new View<GetStatusResponse>()
        .Text("cluster", "Cluster", s => s.Cluster)
        .Text("version", "Coordinator version", s => s.Version)
        .Time("startedAt", "Started", s => s.StartedAt)
        .Number("nodesConnected", "Nodes connected", s => s.NodesConnected)
        .Number("nodesKnown", "Nodes known", s => s.NodesKnown)
        .Text("store", "Store", s => s.Store)
        .Number("storeObjects", "Objects in store", s => s.StoreObjects)
        .Number("chunks", "Chunks", s => s.Chunks)
        .List("warnings", "Look at this", s => s.Warnings);
}
