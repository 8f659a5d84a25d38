using K8sBackup.Transport.V1;
using Microsoft.Extensions.DependencyInjection;

namespace K8sBackup.Agent.MemberSteps;

/// <summary>Registers the steps of restores of a cluster's etcd.</summary>
internal static class StepServices
{
    public static IServiceCollection AddMemberSteps(this IServiceCollection services) => services
        .AddSingleton<StepGate>()
        .AddSingleton<NodeJournals>()
        .AddSingleton<Manifests>()
        .AddSingleton<MemberPlaces>()
        .AddSingleton<StepGround>()
        .AddSingleton<StepWait>()
        .AddSingleton<PortProbe>()
        .AddSingleton<EtcdStop>()
        .AddSingleton<ControllerBounce>()
        .AddSingleton<ISnapshotFetch, SnapshotFetch>()
        .AddStep<InspectStep>()
        .AddStep<StageStep>()
        .AddStep<BootTestStep>()
        .AddStep<StopApiServerStep>()
        .AddStep<StopEtcdStep>()
        .AddStep<SwapStep>()
        .AddStep<StartEtcdStep>()
        .AddStep<CheckStep>()
        .AddStep<StartApiServerStep>()
        .AddStep<BounceStep>()
        .AddStep<JoinStep>()
        .AddStep<FinishStep>()
        .AddStep<RollBackStep>()
        .AddStep<ReleaseStep>()
        .AddSingleton<IReadOnlyDictionary<RestoreStep, IMemberStep>>(provider => new Dictionary<RestoreStep, IMemberStep>
        {
            [RestoreStep.Inspect] = provider.GetRequiredService<InspectStep>(),
            [RestoreStep.Stage] = provider.GetRequiredService<StageStep>(),
            [RestoreStep.BootTest] = provider.GetRequiredService<BootTestStep>(),
            [RestoreStep.StopApiServer] = provider.GetRequiredService<StopApiServerStep>(),
            [RestoreStep.StopEtcd] = provider.GetRequiredService<StopEtcdStep>(),
            [RestoreStep.Swap] = provider.GetRequiredService<SwapStep>(),
            [RestoreStep.StartEtcd] = provider.GetRequiredService<StartEtcdStep>(),
            [RestoreStep.Check] = provider.GetRequiredService<CheckStep>(),
            [RestoreStep.StartApiServer] = provider.GetRequiredService<StartApiServerStep>(),
            [RestoreStep.Bounce] = provider.GetRequiredService<BounceStep>(),
            [RestoreStep.Join] = provider.GetRequiredService<JoinStep>(),
            [RestoreStep.Finish] = provider.GetRequiredService<FinishStep>(),
            [RestoreStep.RollBack] = provider.GetRequiredService<RollBackStep>(),
            [RestoreStep.Release] = provider.GetRequiredService<ReleaseStep>(),
        })
        .AddSingleton<StepHandler>();

    private static IServiceCollection AddStep<T>(this IServiceCollection services)
        where T : class, IMemberStep => services.AddSingleton<T>();
}
