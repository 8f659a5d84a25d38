using K8sBackup.FakeKube.Access;
using K8sBackup.FakeKube.Serving;
using YamlDotNet.RepresentationModel;

namespace K8sBackup.Integration.Tests;

/// <summary>The coordinator is allowed what its manifests (and so the chart) allow it, and nothing else.</summary>
internal static class CoordinatorRights
{
    private const string Account = "system:serviceaccount:k8s-backup:k8s-backup-coordinator";
    private const string Token = "header.of-the-coordinator.signature";

    /// <summary>Gives the rights of the manifests to a token, and a kubeconfig with it.</summary>
    public static string Grant(FakeKubeServer server, string folder)
    {
        YamlStream stream = [];
        stream.Load(new StringReader(File.ReadAllText(Path.Combine(RepositoryRoot, "eng", "install", "kubernetes", "coordinator-rbac.yaml"))));
        foreach (YamlNode role in stream.Documents.Select(document => document.RootNode).Where(root => root["kind"].ToString() is "Role" or "ClusterRole"))
        {
            string ns = role["kind"].ToString() == "Role" ? role["metadata"]["namespace"].ToString() : "*";
            foreach (YamlMappingNode rule in ((YamlSequenceNode)role["rules"]).Children.Cast<YamlMappingNode>())
            {
                foreach ((string group, string resource, string verb, string name) in
                    from g in Texts(rule, "apiGroups") from r in Texts(rule, "resources") from v in Texts(rule, "verbs") from n in Texts(rule, "resourceNames").DefaultIfEmpty("*") select (g, r, v, n))
                {
                    server.Allow(new AccessRule(Account, verb, group, resource) { Namespace = ns, Name = name });
                }
            }
        }

        server.AddToken(Token, new KnownToken { Username = Account, IsLimited = true });
        return server.WriteKubeconfig(folder, KubeObjects.Namespace, Token);
    }

    private static string RepositoryRoot
    {
        get
        {
            DirectoryInfo? at = new(AppContext.BaseDirectory);
            while (at is not null && !File.Exists(Path.Combine(at.FullName, "K8sBackupAgent.sln")))
            {
                at = at.Parent;
            }

            return at?.FullName ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        }
    }

    private static IEnumerable<string> Texts(YamlMappingNode rule, string field) =>
        rule.Children.TryGetValue(field, out YamlNode? texts) ? ((YamlSequenceNode)texts).Select(text => text.ToString()) : [];
}
