using System.Text;
using System.Text.RegularExpressions;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Agent.MemberSteps;

/// <summary>The etcd manifest of a node that joins: the same text, with the members there are and the word that they exist.</summary>
internal static partial class JoinManifest
{
    private const string State = "--initial-cluster-state=existing";

    /// <exception cref="BackupException">The manifest does not write its flags one a line, so nobody knows where to change it.</exception>
    public static byte[] Change(string text, string initialCluster)
    {
        StepGround.Require(
            InitialCluster().Count(text) == 1,
            FailureCause.SourceUnreadable,
            "The etcd manifest has no line '- --initial-cluster=...', so this node cannot be joined again. Join it with kubeadm.");
        string without = InitialState().Replace(text, "");
        string changed = InitialCluster().Replace(without, match => $"{match.Groups[1].Value}--initial-cluster={initialCluster}\n{match.Groups[1].Value}{State}");
        return Encoding.UTF8.GetBytes(changed);
    }

    [GeneratedRegex(@"^([ \t]*-[ \t]+)--initial-cluster=.*$", RegexOptions.Multiline)]
    private static partial Regex InitialCluster();

    [GeneratedRegex(@"^[ \t]*-[ \t]+--initial-cluster-state=.*\r?\n", RegexOptions.Multiline)]
    private static partial Regex InitialState();
}
