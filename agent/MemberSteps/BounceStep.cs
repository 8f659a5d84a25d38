using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.MemberSteps;

/// <summary>Restarts scheduler and controller manager on a restored member.</summary>
internal sealed class BounceStep : IMemberStep
{
    private readonly StepGround _ground;
    private readonly MemberPlaces _places;
    private readonly ControllerBounce _bounce;

    public BounceStep(StepGround ground, MemberPlaces places, ControllerBounce bounce)
    {
        _ground = ground;
        _places = places;
        _bounce = bounce;
    }

    public async Task<RestoreStepReport> RunAsync(StepRun run, CancellationToken cancellationToken)
    {
        NodeJournal journal = _ground.Swapped(run.RestoreId, _places.Locate(run.RestoreId));
        RestoreStepReport report = new();
        await _bounce.RunAsync(run, journal, report, cancellationToken);
        return report;
    }
}
