using System.Security.Cryptography;
using System.Text;

namespace K8sBackup.Coordinator.Volumes;

/// <summary>
/// Decides about every volume of every pod and every claim, and says by which rule: nothing is left out silently. Data that several pods
/// have is read once, by one node, and by another when that one fails; which comes first is the same in every run as long as
/// it has the volume. Pure.
/// </summary>
public static class VolumeSelection
{
    /// <summary>Rule of what nothing else decides.</summary>
    public const string Default = "default";

    /// <summary>Rule of what runs on nodes the plan is not for.</summary>
    public const string Nodes = "nodes of the plan";

    /// <param name="state">The cluster.</param>
    /// <param name="policy">The plan's wishes.</param>
    /// <param name="hasAgent">Whether an agent of that node ever enrolled.</param>
    /// <param name="isWanted">Whether the plan is for that node.</param>
    public static IReadOnlyList<VolumeDecision> Decide(ClusterState state, VolumePolicy policy, Func<string, bool> hasAgent, Func<string, bool> isWanted)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return [.. VolumeUses.Of(state)
            .GroupBy(use => (use.SourceName, Node: use.IsOfNode ? use.Node : ""))
            .OrderBy(group => group.Key.SourceName, StringComparer.Ordinal)
            .ThenBy(group => group.Key.Node, StringComparer.Ordinal)
            .Select(group => Decide([.. group], policy, hasAgent, isWanted))];
    }

    /// <summary>What the policy says of one use: the first that decides.</summary>
    public static (bool Includes, string Rule) Verdict(VolumeUse use, VolumePolicy policy)
    {
        ArgumentNullException.ThrowIfNull(use);
        ArgumentNullException.ThrowIfNull(policy);
        if (policy.Annotations && VolumeAnnotations.Say(use.PodAnnotations, use.Volume.Volume) is { } said)
        {
            return said;
        }

        return policy.Rules.FirstOrDefault(rule => rule.Matches(use)) is { } rule
            ? (rule.Includes, rule.Name)
            : (policy.TakesClaims && use.Volume.Claim.Length > 0, Default);
    }

    // Data that one of its pods wants backed up is backed up.
    private static VolumeDecision Decide(VolumeUse[] uses, VolumePolicy policy, Func<string, bool> hasAgent, Func<string, bool> isWanted)
    {
        VolumeUse first = uses[0];
        (bool Includes, string Rule)[] verdicts = [.. uses.Select(use => Verdict(use, policy))];
        int chosen = Math.Max(0, Array.FindIndex(verdicts, verdict => verdict.Includes));
        string rule = verdicts[chosen].Rule;
        VolumeDecision decision = new(first.SourceName, VolumeState.Excluded, rule, "", uses[chosen].Volume with { Rule = rule }, [])
        {
            Node = uses.FirstOrDefault(use => use.IsRunning)?.Node ?? first.Node,
            HostPath = first.HostPath,
            IsOfTheSystem = uses.All(use => use.IsOwn || use.PodDirectory.Length > 0),
        };
        if (first.IsNeverRead)
        {
            return decision with { State = VolumeState.NeverRead, Rule = $"kind {first.Volume.Kind}", Reason = "What it shows is kept elsewhere." };
        }

        if (!verdicts[chosen].Includes)
        {
            return decision;
        }

        if (uses.Any(use => use.IsRunning) && !uses.Any(use => use.IsRunning && isWanted(use.Node)))
        {
            return decision with { Rule = Nodes };
        }

        VolumeUse[] running = [.. uses.Where(use => use.IsRunning && isWanted(use.Node))];
        VolumeUse[] seats = [.. running.Where(use => hasAgent(use.Node)).OrderBy(Rank, StringComparer.Ordinal).DistinctBy(use => use.Node)];
        string obstacle = first.Obstacle.Length > 0 ? first.Obstacle : seats.Length > 0 ? "" : Obstacle(uses, running);
        return obstacle.Length > 0
            ? decision with { State = VolumeState.Impossible, Reason = obstacle, IsUnmounted = first.Obstacle.Length == 0 && running.Length == 0 }
            : decision with
            {
                State = VolumeState.Chosen,
                Node = seats[0].Node,
                Volume = seats[0].Volume with { Rule = rule },
                Seats = [.. seats.Select(seat => seat with { Volume = seat.Volume with { Rule = rule } })],
            };
    }

    private static string Obstacle(VolumeUse[] uses, VolumeUse[] running)
    {
        string nodes = string.Join(", ", running.Select(use => use.Node).Distinct().Order(StringComparer.Ordinal));
        return running.Length > 0 ? $"No agent of {nodes} has ever enrolled."
            : uses.All(use => use.Volume.Pod.Length == 0) ? "No pod mounts it."
            : uses.Any(use => use.Node.Length == 0) ? $"The pod {uses.First(use => use.Node.Length == 0).Volume.Pod} is not scheduled on a node."
            : $"The pod {uses[0].Volume.Pod} does not run.";
    }

    // The same node comes first whatever other nodes come and go, and volumes spread over nodes.
    private static string Rank(VolumeUse use) =>
        Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{use.SourceName}\n{use.Node}"))) + use.Volume.PodUid + use.Volume.Volume;
}
