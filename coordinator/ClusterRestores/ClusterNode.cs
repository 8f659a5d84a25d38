using System.Text.Json;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Coordinator.ClusterRestores;

/// <summary>One node of a restore. Messages of the agent are kept in their JSON form.</summary>
public sealed record ClusterNode
{
    public required string Name { get; init; }

    public required NodePart Part { get; init; }

    /// <summary>What INSPECT found (<c>NodeFacts</c>).</summary>
    public JsonElement? Facts { get; init; }

    /// <summary>What STAGE built (<c>StagedMember</c>).</summary>
    public JsonElement? Staged { get; init; }

    /// <summary>What CHECK saw (<c>MemberState</c>).</summary>
    public JsonElement? State { get; init; }

    /// <summary>The last phase this node did its step of.</summary>
    public ClusterPhase? Done { get; init; }

    /// <summary>How often the step of the present phase was begun before; part of the work's id.</summary>
    public int Attempt { get; init; }

    /// <summary>The latest of its failures, made good or not.</summary>
    public Failure? Failure { get; init; }

    /// <summary>The first failure that the restore went on without making good.</summary>
    public Failure? Problem { get; init; }

    /// <summary>The present phase goes on without it.</summary>
    public bool IsLeftOut { get; init; }

    /// <summary>It is away, and the way back waits for it.</summary>
    public bool IsMissed { get; init; }

    public IReadOnlyList<string> Notes { get; init; } = [];
}
