using System.Globalization;
using K8sBackup.Etcd.Booting;
using K8sBackup.Etcd.DataDir;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.MemberSteps;

/// <summary>
/// Starts the node's own etcd program on a copy of the data, away from everybody, before anything is stopped. A verdict
/// against the data fails the step; a test that cannot be made is left out with the reason.
/// </summary>
internal sealed class BootTestStep : IMemberStep
{
    private readonly StepGround _ground;
    private readonly MemberPlaces _places;
    private readonly StepGate _gate;
    private readonly TimeProvider _clock;

    public BootTestStep(StepGround ground, MemberPlaces places, StepGate gate, TimeProvider clock)
    {
        _ground = ground;
        _places = places;
        _gate = gate;
        _clock = clock;
    }

    public async Task<RestoreStepReport> RunAsync(StepRun run, CancellationToken cancellationToken)
    {
        _ground.Staged(run.RestoreId);
        MemberPlace place = _places.Locate(run.RestoreId);
        StagedFiles.RemoveBootTest(place);
        long needed = DataDirSpace.RequiredBytes(new FileInfo(place.SnapshotFile) is { Exists: true } snapshot ? snapshot.Length : 0);
        if (!File.Exists(place.SnapshotFile) || DataDirSpace.AvailableBytes(place.Target.DataDirectory) < needed)
        {
            return LeftOut($"{place.NodeDataDirectory} has no room for a copy");
        }

        run.Meter.Begin("boot test");
        _gate.Pass("boot test");
        try
        {
            EtcdBinary binary = await new EtcdBinaryFinder(_clock).FindAsync(place.Setup.Name, StagedFiles.BootProgram(place), cancellationToken);
            BootTestReport report = await new BootTest(_clock).RunAsync(
                new BootTestRequest
                {
                    Binary = binary,
                    DataDir = StageStep.Request(run.Task, place),
                    ScratchDirectory = StagedFiles.BootFolder(place),
                    StartTimeout = run.Patience,
                },
                cancellationToken);
            return new RestoreStepReport { Notes = { Text(report) } };
        }
        catch (BootTestException e) when (!e.IsVerdict)
        {
            return LeftOut(e.Message);
        }
        catch (BootTestException e)
        {
            throw new BackupException(FailureCause.EtcdSnapshotInvalid, $"The node's own etcd does not serve the new data: {e.Message}.", e);
        }
        finally
        {
            StagedFiles.RemoveBootTest(place);
        }
    }

    private static RestoreStepReport LeftOut(string reason) => new() { Notes = { $"The boot test was left out: {reason}." } };

    private static string Text(BootTestReport report) => string.Create(
        CultureInfo.InvariantCulture,
        $"Boot test: etcd {report.ServerVersion} ({report.BinaryOrigin}) served {report.Keys} keys with the hash that was predicted, {report.TimeToServe.TotalSeconds:0.0} s from the snapshot.");
}
