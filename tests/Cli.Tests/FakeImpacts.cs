using Grpc.Core;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Tests;

/// <summary>Answers what a restore of etcd would do as the test says, or refuses to.</summary>
internal sealed class FakeImpacts : Impacts.ImpactsBase
{
    /// <summary>The answer; null when the caller has no right to one.</summary>
    public ImpactReport? Report { get; set; } = new() { Vanishing = 12, Returning = 3, Changing = 4, RevisionThen = 100, RevisionNow = 200, LiveVersion = "3.5.16" };

    public override async Task Assess(AssessImpactRequest request, IServerStreamWriter<ImpactMessage> responseStream, ServerCallContext context)
    {
        ImpactReport report = Report ?? throw new RpcException(new Status(StatusCode.PermissionDenied, "not for you"));
        await responseStream.WriteAsync(new ImpactMessage { Report = report }, context.CancellationToken);
    }
}
