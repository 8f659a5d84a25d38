using System.Net;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.MemberSteps;

/// <summary>
/// Restarts scheduler and controller manager, which remember what was undone: takes each manifest away, waits until
/// nobody listens in its place, and puts it back. One that does not stop gets its manifest back all the same.
/// </summary>
internal sealed class ControllerBounce
{
    private readonly Manifests _manifests;
    private readonly PortProbe _ports;
    private readonly StepWait _wait;

    public ControllerBounce(Manifests manifests, PortProbe ports, StepWait wait)
    {
        _manifests = manifests;
        _ports = ports;
        _wait = wait;
    }

    public async Task RunAsync(StepRun run, NodeJournal journal, RestoreStepReport report, CancellationToken cancellationToken)
    {
        run.Meter.Begin("restarting controllers");
        foreach (string name in Manifests.Controllers)
        {
            // One that people keep elsewhere is not run, and stays where it is.
            if (!_manifests.IsInPlace(name) && !_manifests.IsHeld(run.RestoreId, name))
            {
                continue;
            }

            DnsEndPoint place = PodPorts.Of(name, _manifests.Flags(run.RestoreId, name));
            if (!_manifests.IsHeld(run.RestoreId, name))
            {
                journal = _manifests.Hold(journal, name);
            }

            bool gone = await _wait.UntilAsync(async () => !await _ports.IsOpenAsync(place, cancellationToken), run.Patience, cancellationToken);
            _manifests.PutInPlace(journal, name);
            report.Notes.Add(gone
                ? $"{Path.GetFileNameWithoutExtension(name)} was restarted."
                : $"{Path.GetFileNameWithoutExtension(name)} still listened {run.Patience.TotalSeconds:0} s after its manifest was taken away; restart it by hand.");
        }
    }
}
