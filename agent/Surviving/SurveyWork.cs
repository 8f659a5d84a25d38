using System.Globalization;
using K8sBackup.Agent.Etcd;
using K8sBackup.Agent.Hosting;
using K8sBackup.Agent.Session;
using K8sBackup.Etcd.Discovery;
using K8sBackup.Etcd.Surviving;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;
using MemberDisk = K8sBackup.Etcd.Surviving.MemberDisk;

namespace K8sBackup.Agent.Surviving;

/// <summary>Says what is on the disk of the node's etcd member. Changes nothing there.</summary>
internal sealed class SurveyWork
{
    private const string DefaultDataDirectory = "/var/lib/etcd";

    private readonly HostRoot _host;
    private readonly EtcdLocator _locator;

    public SurveyWork(HostRoot host, EtcdLocator locator)
    {
        _host = host;
        _locator = locator;
    }

    /// <exception cref="BackupException">The disk cannot be read.</exception>
    public async Task<RestoreReport> RunAsync(WorkMeter meter, CancellationToken cancellationToken)
    {
        meter.Begin("looking");
        // A node whose manifest was moved away, or is another's, may still have its data where everybody has it.
        EtcdMemberSetup? setup = _locator.Setup();
        string directory = setup?.DataDirectory ?? _host.Resolve(DefaultDataDirectory)
            ?? throw new BackupException(FailureCause.SourceMissing, $"{DefaultDataDirectory} leads in a circle of links.");
        try
        {
            MemberDisk disk = await MemberSurvey.ReadAsync(directory, setup?.WalDirectory, cancellationToken);
            return new RestoreReport { Disk = ToWire(disk) };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BackupException(FailureCause.SourceUnreadable, $"{_host.NodePath(directory)} cannot be read: {e.Message}", e);
        }
    }

    private Transport.V1.MemberDisk ToWire(MemberDisk disk)
    {
        Transport.V1.MemberDisk wire = new()
        {
            DataDir = _host.NodePath(disk.DataDirectory),
            Use = disk.Use.ToString(),
            DatabaseBytes = disk.DatabaseBytes,
            Owner = disk.Owner is { } owner ? string.Create(CultureInfo.InvariantCulture, $"{owner.Uid}:{owner.Gid}") : "",
            MemberId = Hex(disk.Wal.MemberId),
            ClusterId = Hex(disk.Wal.ClusterId),
            Term = disk.Wal.Term,
            Vote = Hex(disk.Wal.Vote),
            Commit = disk.Wal.Commit,
            LastIndex = disk.Wal.LastIndex,
            LastTerm = disk.Wal.LastTerm,
            WalDamage = disk.Wal.Damage,
            DatabaseSound = disk.Database is not null,
            DatabaseProblem = disk.DatabaseProblem,
        };
        if (disk.Database is { } facts)
        {
            wire.ConsistentIndex = facts.ConsistentIndex ?? 0;
            wire.Revision = facts.Revision;
            wire.Keys = facts.LiveKeys;
            wire.HashKv = facts.KeySpaceHash;
            wire.DataVersion = facts.Version.ToString();
        }

        return wire;
    }

    private static string Hex(ulong id) => id == 0 ? "" : id.ToString("x", CultureInfo.InvariantCulture);
}
