using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using K8sBackup.Coordinator.Coverage;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Coordinator.Volumes;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.OperatorApi;

/// <summary>The operator's question what is protected and what is not.</summary>
public sealed class CoverageCalls
{
    private readonly IPlans _plans;
    private readonly NodeRegistry _nodes;
    private readonly LastGoodFinder _lastGood;
    private readonly IClusterView? _cluster;

    public CoverageCalls(IPlans plans, NodeRegistry nodes, LastGoodFinder lastGood, IClusterView? cluster = null)
    {
        _plans = plans;
        _nodes = nodes;
        _lastGood = lastGood;
        _cluster = cluster;
    }

    public async Task ListAsync(IServerStreamWriter<Wire.CoverageItem> stream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(context);
        IReadOnlyList<CoverageSubject> subjects = CoverageSubjects.Of([.. _plans.Current.Plans], _nodes.Nodes, _cluster?.Current);
        IReadOnlyDictionary<CoverageKey, LastGood> lastGood = await _lastGood.FindAsync([.. subjects.Select(s => s.Key)], context.CancellationToken);
        foreach (CoverageSubject subject in subjects)
        {
            await stream.WriteAsync(ToWire(CoverageItem.Of(subject, lastGood.GetValueOrDefault(subject.Key))), context.CancellationToken);
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
