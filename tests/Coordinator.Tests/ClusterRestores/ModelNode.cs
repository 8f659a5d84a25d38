using K8sBackup.Coordinator.ClusterRestores;
using K8sBackup.Etcd.DataDir;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;
using Failure = K8sBackup.Model.Outcomes.Failure;

namespace K8sBackup.Coordinator.Tests.ClusterRestores;

/// <summary>
/// A control-plane node as far as a restore is concerned, with the rules of a real agent: steps done again do nothing, and
/// steps whose ground is not laid are refused. Knows what must never be.
/// </summary>
internal sealed class ModelNode
{
    private readonly Func<IEnumerable<ModelNode>> _all;

    public ModelNode(string name, Func<IEnumerable<ModelNode>> all)
    {
        Name = name;
        _all = all;
        Facts = new NodeFacts
        {
            MemberName = name,
            PeerUrls = { $"https://{name}:2380" },
            DataDir = "/var/lib/etcd",
            EtcdVersion = "3.5",
            VersionSource = "image",
            QuotaBytes = 2L << 30,
            FreeBytes = 100L << 30,
            DatabaseBytes = 1 << 20,
            HasMember = true,
            EtcdRuns = true,
            Manifests = { "/etc/kubernetes/manifests/etcd.yaml", "/etc/kubernetes/manifests/kube-apiserver.yaml" },
        };
    }

    public string Name { get; }

    public NodeFacts Facts { get; }

    /// <summary>Fails a step; asked before each.</summary>
    public Func<RestoreStep, Failure?> Fault { get; set; } = _ => null;

    /// <summary>Changes what CHECK reports.</summary>
    public Action<MemberState> Seen { get; set; } = _ => { };

    /// <summary>Changes what STAGE reports.</summary>
    public Action<StagedMember> BuiltAs { get; set; } = _ => { };

    public bool IsStaged { get; private set; }

    public bool ApiServerRuns { get; private set; } = true;

    public bool EtcdRuns { get; private set; } = true;

    /// <summary>The restored data is in place.</summary>
    public bool HasNewData { get; private set; }

    public bool IsOver { get; private set; }

    public bool ApiServerRanOnNewData { get; private set; }

    public bool IsRollingBack { get; private set; }

    public List<string> Violations { get; } = [];

    public List<RestoreStep> DoneSteps { get; } = [];

    /// <summary>Does a step and says how it went.</summary>
    public (RestoreStepReport? Report, Failure? Failure) Do(RestoreStepTask task)
    {
        if (Fault(task.Step) is { } failure)
        {
            return (null, failure);
        }

        if (!IsAllowed(task.Step))
        {
            return (null, new Failure(Name, "", FailureCause.InvalidRequest, $"{task.Step} is refused."));
        }

        RestoreStepReport report = new();
        Change(task, report);
        DoneSteps.Add(task.Step);
        Look();
        return (report, null);
    }

    private bool IsAllowed(RestoreStep step) => step switch
    {
        RestoreStep.Inspect => true,
        RestoreStep.RollBack => !ApiServerRanOnNewData,
        RestoreStep.Release => IsOver || (IsRollingBack && !HasNewData),
        _ when IsRollingBack => false,
        RestoreStep.Swap => IsStaged && (HasNewData || !EtcdRuns),
        RestoreStep.StopEtcd => !ApiServerRuns,
        RestoreStep.Join => !IsStaged && (HasNewData || !EtcdRuns),
        RestoreStep.StartEtcd or RestoreStep.Check or RestoreStep.StartApiServer or RestoreStep.Bounce => HasNewData,
        _ => true,
    };

    private void Change(RestoreStepTask task, RestoreStepReport report)
    {
        Tell(task, report);
        IsStaged |= task.Step == RestoreStep.Stage;
        HasNewData |= task.Step == RestoreStep.Swap;
        switch (task.Step)
        {
            case RestoreStep.StopApiServer:
                ApiServerRuns = false;
                break;
            case RestoreStep.StopEtcd:
                EtcdRuns = false;
                break;
            case RestoreStep.StartEtcd:
                EtcdRuns = true;
                break;
            case RestoreStep.StartApiServer:
                (ApiServerRuns, ApiServerRanOnNewData) = (true, true);
                break;
            case RestoreStep.Join:
                (HasNewData, EtcdRuns) = (true, true);
                (ApiServerRuns, ApiServerRanOnNewData) = (true, true);
                break;
            case RestoreStep.Finish:
                // A node of the new cluster whose API server was not given back gets it at the latest here.
                (ApiServerRuns, ApiServerRanOnNewData) = (ApiServerRuns || HasNewData, ApiServerRanOnNewData || HasNewData);
                IsOver = true;
                break;
            case RestoreStep.RollBack:
                (IsRollingBack, EtcdRuns) = (true, EtcdRuns && !HasNewData);
                (HasNewData, IsStaged) = (false, false);
                break;
            case RestoreStep.Release:
                (EtcdRuns, ApiServerRuns, IsOver) = (true, true, true);
                break;
            default:
                break;
        }
    }

    private void Tell(RestoreStepTask task, RestoreStepReport report)
    {
        switch (task.Step)
        {
            case RestoreStep.Inspect:
                report.Facts = Facts.Clone();
                break;
            case RestoreStep.Stage:
                report.Staged = Built(task.Target);
                break;
            case RestoreStep.Check:
                report.State = State(task.Target);
                break;
            default:
                break;
        }
    }

    private void Look()
    {
        bool mixed = _all().Where(node => node.EtcdRuns).Select(node => node.HasNewData).Distinct().Count() > 1;
        if (mixed && _all().Any(node => node.ApiServerRuns))
        {
            Violations.Add($"{Name}: an API server runs while etcds of two clusters do");
        }
    }

    private StagedMember Built(RestoreTarget target)
    {
        ClusterIdentity identity = MemberComparison.Identity(target);
        StagedMember staged = new()
        {
            ClusterId = MemberComparison.Hex(identity.ClusterId),
            MemberId = MemberComparison.Hex(identity.Member(Facts.MemberName).Id),
            MemberIds = { identity.Members.Select(member => MemberComparison.Hex(member.Id)) },
            RevisionAfter = target.RevisionBump + 7,
            KeySpaceHash = 42,
        };
        BuiltAs(staged);
        return staged;
    }

    private MemberState State(RestoreTarget target)
    {
        StagedMember built = Built(target);
        MemberState state = new() { ClusterId = built.ClusterId, MemberId = built.MemberId, MemberIds = { built.MemberIds }, Revision = built.RevisionAfter, KeySpaceHash = built.KeySpaceHash };
        Seen(state);
        return state;
    }
}
