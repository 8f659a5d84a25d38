using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using K8sBackup.Coordinator.Coverage;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.OperatorApi;

/// <summary>The operator's question what is protected and what is not.</summary>
public sealed class CoverageCalls
{
    private readonly CoverageSurvey _survey;

    public CoverageCalls(CoverageSurvey survey) => _survey = survey;

    public async Task ListAsync(IServerStreamWriter<Wire.CoverageItem> stream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(context);
        foreach (CoverageItem item in await _survey.TakeAsync(context.CancellationToken))
        {
            await stream.WriteAsync(ToWire(item), context.CancellationToken);
        }
    }

    private static Wire.CoverageItem ToWire(CoverageItem item)
    {
        Wire.CoverageItem wire = new()
        {
            Kind = (Wire.CoverageKind)item.Subject.Kind,
            Namespace = item.Subject.Namespace,
            Name = item.Subject.Name,
            Node = item.Subject.Node,
            State = (Wire.CoverageState)item.State,
            Plan = item.Subject.Plan,
            Rule = item.Subject.Rule,
            Reason = item.Reason,
        };
        if (item.LastGood is { } good)
        {
            wire.LastGood = good.At.ToTimestamp();
            wire.LastGoodPlan = good.Plan;
            wire.LastGoodPoint = good.Point.ToString();
        }

        return wire;
    }
}
