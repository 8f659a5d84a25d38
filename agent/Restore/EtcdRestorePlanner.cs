using K8sBackup.Agent.Etcd;
using K8sBackup.Agent.Hosting;
using K8sBackup.Etcd.DataDir;
using K8sBackup.Etcd.Discovery;
using K8sBackup.Etcd.Files;
using K8sBackup.Etcd.Restoring;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Restore;

/// <summary>Works out an etcd restore from what the operator said and what the node's manifest says; touches nothing.</summary>
internal sealed class EtcdRestorePlanner
{
    // Where etcd's data lies when nobody changed it; a restore may go there even without a manifest.
    private const string DefaultDataDirectory = "/var/lib/etcd";

    private readonly AgentOptions _options;
    private readonly HostRoot _host;
    private readonly EtcdLocator _locator;

    public EtcdRestorePlanner(AgentOptions options, HostRoot host, EtcdLocator locator)
    {
        _options = options;
        _host = host;
        _locator = locator;
    }

    /// <exception cref="BackupException">Something necessary is missing, or the target is not allowed.</exception>
    public MemberRestorePlan Plan(string workId, RestoreEtcdOptions options)
    {
        EtcdMemberSetup? setup = _locator.Setup();
        string found = setup is null ? "" : _host.NodePath(setup.DataDirectory);
        string node = options.DataDir.Length > 0 ? options.DataDir.TrimEnd('/') : found;
        SwapTarget target = Target(workId, node, found, setup);
        Require(options.ClusterToken.Length > 0, FailureCause.InvalidRequest, "No cluster token is given.");
        return new MemberRestorePlan
        {
            NodeDataDirectory = node,
            Target = target,
            Member = Member(options, setup),
            ClusterToken = options.ClusterToken,
            Revision = options.Revision > 0 ? options.Revision : null,
            RevisionBump = options.RevisionBump > 0 ? options.RevisionBump : DataDirRequest.DefaultRevisionBump,
            TargetVersion = Version(options.TargetVersion) ?? setup?.ImageVersion,
            Owner = FileOwners.Read(target.MemberDirectory) ?? setup?.Owner ?? FileOwners.Read(target.DataDirectory),
        };
    }

    private static InitialMember Member(RestoreEtcdOptions options, EtcdMemberSetup? setup)
    {
        string name = options.MemberName.Length > 0 ? options.MemberName : setup?.Name ?? "";
        IReadOnlyList<string> peers = options.PeerUrls.Count > 0 ? [.. options.PeerUrls] : setup?.PeerUrls ?? [];
        Require(name.Length > 0 && peers.Count > 0, FailureCause.InvalidRequest, "Member name and peer URLs are neither given nor in an etcd manifest.");
        return new InitialMember(name, peers);
    }

    private static EtcdVersion? Version(string text)
    {
        EtcdVersion version = default;
        Require(text.Length == 0 || EtcdVersion.TryParse(text, out version), FailureCause.InvalidRequest, $"'{text}' is not a version of etcd.");
        return text.Length == 0 ? null : version;
    }

    private SwapTarget Target(string workId, string node, string found, EtcdMemberSetup? setup)
    {
        Require(node.Length > 0, FailureCause.InvalidRequest, "No data directory is given, and there is no etcd manifest that names one.");
        Require(IsAllowed(node, found), FailureCause.PermissionDenied, $"{node} is neither the data directory of the node's etcd nor below a configured restore root.");
        string directory = _host.Resolve(node) ?? throw new BackupException(FailureCause.TargetUnusable, $"{node} leads in a circle of links.");
        // The manifest's separate WAL directory belongs to its own data directory only.
        bool isSetupsOwn = setup is not null && _host.Resolve(found) == directory;
        return new SwapTarget
        {
            DataDirectory = directory,
            Id = workId,
            WalDirectory = isSetupsOwn && setup!.WalDirectory is { } wal ? _host.Resolve(_host.NodePath(wal)) : null,
        };
    }

    private bool IsAllowed(string path, string found) =>
        path.StartsWith('/') && !path.Split('/').Any(part => part is "." or "..")
        && (path == found || path == DefaultDataDirectory || _options.RestoreRoots.Any(root => path.StartsWith(root.TrimEnd('/') + "/", StringComparison.Ordinal)));

    private static void Require(bool condition, FailureCause cause, string message)
    {
        if (!condition)
        {
            throw new BackupException(cause, message);
        }
    }
}
