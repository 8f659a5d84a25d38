using Google.Protobuf;
using K8sBackup.Etcd.DataDir;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.MemberSteps;

/// <summary>Whether a step may be done, by what the journal and the file system say. An order alone is never enough.</summary>
internal sealed class StepGround
{
    private readonly NodeJournals _journals;

    public StepGround(NodeJournals journals) => _journals = journals;

    /// <summary>The journal of a restore that still goes forward here; a new one for a node it has not touched.</summary>
    public NodeJournal Begin(string restoreId)
    {
        IReadOnlyList<string> others = _journals.OthersUnfinished(restoreId);
        Require(others.Count == 0, FailureCause.TargetInUse, $"Restore {string.Join(", ", others)} is not finished on this node.");
        return Checked(_journals.Read(restoreId) ?? new NodeJournal { RestoreId = restoreId });
    }

    /// <summary>The journal of a restore whose data is built.</summary>
    public NodeJournal Staged(string restoreId)
    {
        NodeJournal journal = Checked(_journals.Read(restoreId) ?? throw Refusal("it has done nothing here yet"));
        Require(journal.Staged is not null, FailureCause.InvalidRequest, "The step is refused: the new data was not built here.");
        return journal;
    }

    /// <summary>The journal of a restore whose new data is in place.</summary>
    public NodeJournal Swapped(string restoreId, MemberPlace place)
    {
        NodeJournal journal = Staged(restoreId);
        bool swapped = journal.SwapBegun && new DataDirSwap(place.Target).ReadPhase() == SwapPhase.SwappedIn;
        Require(swapped, FailureCause.InvalidRequest, "The step is refused: the new data is not in place.");
        Require(place.HasMember, FailureCause.TargetUnusable, $"{place.NodeDataDirectory} has no member; etcd would begin an empty cluster.");
        return journal;
    }

    /// <summary>What was built, as the journal has it.</summary>
    public static StagedMember Built(NodeJournal journal) => JsonParser.Default.Parse<StagedMember>(journal.Staged);

    public static void Require(bool condition, FailureCause cause, string message)
    {
        if (!condition)
        {
            throw new BackupException(cause, message);
        }
    }

    private static NodeJournal Checked(NodeJournal journal)
    {
        Require(!journal.IsOver, FailureCause.InvalidRequest, $"The step is refused: the restore is over on this node ({journal.End}).");
        Require(!journal.RollingBack, FailureCause.InvalidRequest, "The step is refused: the restore is being rolled back on this node.");
        return journal;
    }

    private static BackupException Refusal(string why) => new(FailureCause.InvalidRequest, $"The step is refused: {why}.");
}
