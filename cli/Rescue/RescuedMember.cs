using System.CommandLine;
using K8sBackup.Etcd.DataDir;
using K8sBackup.Etcd.Discovery;
using K8sBackup.Etcd.Files;
using K8sBackup.Etcd.Restoring;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Cli.Rescue;

/// <summary>The options that say which member is made where; what is not said comes from a static-pod manifest.</summary>
internal sealed class RescuedMember
{
    private const string IdPrefix = "rescue-";

    private readonly Option<string?> _manifest = new("--manifest")
    {
        Description = $"Static-pod manifest of the etcd that will run on the data. Default: /{EtcdPodReader.DefaultPath.TrimStart('/')}, when it is there.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _dataDir = new("--data-dir") { Description = "Data directory to make the member in. Default: the manifest's.", HelpName = "DIR" };

    private readonly Option<string?> _walDir = new("--wal-dir") { Description = "WAL directory, when etcd is to keep it apart. Default: the manifest's.", HelpName = "DIR" };

    private readonly Option<string?> _name = new("--member-name") { Description = "Name of the member, as etcd's --name. Default: the manifest's.", HelpName = "NAME" };

    private readonly Option<string[]> _peers = new("--peer-url")
    {
        Description = "Peer URL of the member, as etcd's --initial-advertise-peer-urls; may be given several times. Default: the manifest's.",
        HelpName = "URL",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string?> _version = new("--target-version") { Description = "etcd version that will run on the data, such as 3.5. Default: the manifest's, else the snapshot's.", HelpName = "VERSION" };

    private readonly Option<long> _bump = new("--bump")
    {
        Description = "Added to the snapshot's revision, so that no watcher sees a revision twice.",
        DefaultValueFactory = _ => DataDirRequest.DefaultRevisionBump,
    };

    private readonly Option<long> _revision = Commands.EtcdRestoreOptions.Revision();

    public IEnumerable<Symbol> All => [_manifest, _dataDir, _walDir, _name, _peers, _version, _bump, _revision];

    /// <summary>The plan; touches nothing.</summary>
    /// <exception cref="BackupException">InvalidRequest: something necessary is neither said nor in a manifest.</exception>
    public MemberRestorePlan Plan(ParseResult parsed, TimeProvider clock)
    {
        EtcdMemberSetup? setup = Setup(parsed.GetValue(_manifest));
        SwapTarget target = Target(parsed, setup, clock);
        return new MemberRestorePlan
        {
            NodeDataDirectory = target.DataDirectory,
            Target = target,
            Member = Member(parsed, setup),
            ClusterToken = "kb-" + target.Id,
            Revision = parsed.GetValue(_revision) is var revision and not 0 ? revision : null,
            RevisionBump = parsed.GetValue(_bump),
            TargetVersion = Version(parsed.GetValue(_version)) ?? setup?.ImageVersion,
            Owner = FileOwners.Read(target.MemberDirectory) ?? setup?.Owner ?? FileOwners.Read(target.DataDirectory),
        };
    }

    private SwapTarget Target(ParseResult parsed, EtcdMemberSetup? setup, TimeProvider clock)
    {
        string directory = Path.GetFullPath(Said(parsed.GetValue(_dataDir), setup?.DataDirectory, "--data-dir"));
        // The manifest's separate WAL directory belongs to its own data directory only.
        string? wal = parsed.GetValue(_walDir) ?? (directory == setup?.DataDirectory ? setup.WalDirectory : null);
        // An interrupted rescue of the same directory is finished under its own id.
        string id = DataDirSwap.FindUnfinished(directory).FirstOrDefault(i => i.StartsWith(IdPrefix, StringComparison.Ordinal))
            ?? IdPrefix + SortableId.Create(clock);
        return new SwapTarget { DataDirectory = directory, Id = id, WalDirectory = wal is null ? null : Path.GetFullPath(wal) };
    }

    private InitialMember Member(ParseResult parsed, EtcdMemberSetup? setup)
    {
        string[] peers = parsed.GetValue(_peers) is { Length: > 0 } given ? given : [.. setup?.PeerUrls ?? []];
        return peers.Length > 0
            ? new InitialMember(Said(parsed.GetValue(_name), setup?.Name, "--member-name"), peers)
            : throw NotSaid("--peer-url");
    }

    private static EtcdMemberSetup? Setup(string? manifest)
    {
        string file = manifest ?? Path.Combine("/", EtcdPodReader.DefaultPath);
        if (manifest is null && !File.Exists(file))
        {
            return null;
        }

        try
        {
            return EtcdPodReader.ReadFile(file).Resolve("/");
        }
        catch (Exception e) when (e is StaticPodException or IOException or UnauthorizedAccessException)
        {
            throw new BackupException(FailureCause.InvalidRequest, $"The manifest {file} cannot be used: {e.Message}", e);
        }
    }

    private static EtcdVersion? Version(string? text) => text switch
    {
        null => null,
        _ when EtcdVersion.TryParse(text, out EtcdVersion version) => version,
        _ => throw new BackupException(FailureCause.InvalidRequest, $"'{text}' is not a version of etcd."),
    };

    private static string Said(string? option, string? found, string name) => option ?? found ?? throw NotSaid(name);

    private static BackupException NotSaid(string option) => new(
        FailureCause.InvalidRequest, $"Say {option}, or name the etcd manifest it is in with --manifest.");
}
