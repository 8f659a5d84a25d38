using System.Globalization;
using Google.Protobuf;
using K8sBackup.Etcd.DataDir;
using K8sBackup.Etcd.Files;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.MemberSteps;

/// <summary>
/// (1) refuses while another restore is unfinished here, (2) opens the journal, (3) brings the snapshot into the file
/// system of the data, (4) builds and verifies the new member beside the old one, (5) notes what was built. The etcd that
/// is there may run meanwhile. The snapshot stays for the boot test.
/// </summary>
internal sealed class StageStep : IMemberStep
{
    private readonly StepGround _ground;
    private readonly NodeJournals _journals;
    private readonly MemberPlaces _places;
    private readonly ISnapshotFetch _fetch;
    private readonly StepGate _gate;

    public StageStep(StepGround ground, NodeJournals journals, MemberPlaces places, ISnapshotFetch fetch, StepGate gate)
    {
        _ground = ground;
        _journals = journals;
        _places = places;
        _fetch = fetch;
        _gate = gate;
    }

    public async Task<RestoreStepReport> RunAsync(StepRun run, CancellationToken cancellationToken)
    {
        // (1)
        NodeJournal journal = _ground.Begin(run.RestoreId);
        MemberPlace place = _places.Locate(run.RestoreId);
        if (journal.Staged is not null && (journal.SwapBegun || StagedFiles.Exist(place)))
        {
            return new RestoreStepReport { Staged = StepGround.Built(journal) };
        }

        RefuseUnfinishedSwaps(place);
        RefuseOtherUrls(run.Task.Target, place);
        // (2)
        _journals.Write(journal with { Staged = null });
        Directory.CreateDirectory(place.Target.DataDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        try
        {
            // (3)
            StagedFiles.Remove(place);
            _gate.Pass("download");
            run.Meter.Begin("downloading");
            await _fetch.FetchAsync(run.WorkId, place.SnapshotFile, run.Meter, cancellationToken);
            // (4)
            _gate.Pass("build");
            run.Meter.Begin("building");
            BuiltDataDir built = await new DataDirBuilder().BuildAsync(Request(run.Task, place), cancellationToken);
            // (5)
            StagedMember staged = Describe(built, run.Task.Target);
            _journals.Write(journal with { Staged = JsonFormatter.Default.Format(staged) });
            return new RestoreStepReport { Staged = staged };
        }
        catch (Exception e) when (e is BackupException or OperationCanceledException or IOException || K8sBackup.Etcd.Restoring.RestoreFailures.Of(e) is not null)
        {
            StagedFiles.Remove(place);
            throw;
        }
    }

    private static void RefuseUnfinishedSwaps(MemberPlace place)
    {
        if (DataDirSwap.FindUnfinished(place.Target.DataDirectory) is [var other, ..])
        {
            throw new BackupException(FailureCause.TargetInUse, $"The restore {other} of {place.NodeDataDirectory} was interrupted. Run it again, or put its former data back.");
        }
    }

    // Its peers would call a member at URLs that this manifest does not make it listen on.
    private static void RefuseOtherUrls(RestoreTarget target, MemberPlace place)
    {
        string[] planned = [.. target.Members.Where(member => member.Name == place.Setup.Name).SelectMany(member => member.PeerUrls).Order(StringComparer.Ordinal)];
        StepGround.Require(
            planned.SequenceEqual(place.Setup.PeerUrls.Order(StringComparer.Ordinal)),
            FailureCause.InvalidRequest,
            $"The step is refused: the plan has {place.Setup.Name} at {string.Join(", ", planned)}, and its manifest says {string.Join(", ", place.Setup.PeerUrls)}. Plan the restore again.");
    }

    /// <summary>What is built of the snapshot on this node.</summary>
    internal static DataDirRequest Request(RestoreStepTask task, MemberPlace place)
    {
        StepGround.Require(EtcdVersion.TryParse(task.TargetVersion, out EtcdVersion version), FailureCause.InvalidRequest, $"'{task.TargetVersion}' is not a version of etcd.");
        RestoreTarget target = task.Target;
        return new DataDirRequest
        {
            DatabasePath = place.SnapshotFile,
            StageDirectory = place.Target.StageDirectory,
            WalStageDirectory = place.Target.WalStageDirectory,
            Members = [.. target.Members.Select(member => new InitialMember(member.Name, [.. member.PeerUrls]))],
            MemberName = place.Setup.Name,
            ClusterToken = target.ClusterToken,
            TargetVersion = version,
            Revision = target.Revision > 0 ? target.Revision : null,
            RevisionBump = target.RevisionBump,
            Owner = FileOwners.Read(place.Target.MemberDirectory) ?? place.Setup.Owner ?? FileOwners.Read(place.Target.DataDirectory),
            LabelFrom = Directory.Exists(place.Target.MemberDirectory) ? place.Target.MemberDirectory : null,
        };
    }

    private static StagedMember Describe(BuiltDataDir built, RestoreTarget target) => new()
    {
        ClusterId = Hex(built.ClusterId),
        MemberId = Hex(built.MemberId),
        MemberIds = { built.MemberIds.Select(Hex) },
        RevisionBefore = built.RevisionBefore,
        RevisionAfter = built.RevisionAfter,
        CompactRevision = built.CompactRevision,
        // The bump leaves one key with an empty name, which is nobody's.
        Keys = target.RevisionBump > 0 ? built.LiveKeys - 1 : built.LiveKeys,
        DatabaseBytes = built.DatabaseBytes,
        KeySpaceHash = built.KeySpaceHash,
        Transformations = { built.Transformations.Select(each => each.Description) },
    };

    internal static string Hex(ulong id) => id.ToString("x", CultureInfo.InvariantCulture);
}
