using K8sBackup.Model.Manifests;
using K8sBackup.Model.Trees;

namespace K8sBackup.Agent.Volumes;

/// <summary>Counts what a capture met and lists what is not as it should be. One thread.</summary>
internal sealed class CaptureTally
{
    // A list of long paths must fit a message of the session with room to spare.
    private const int ListedCharactersMax = 400_000;
    private const int PathLengthMax = 1024;

    private readonly List<ItemOutcome> _items = [];
    private int _characters;

    public IReadOnlyList<ItemOutcome> Items => _items;

    public long Entries { get; private set; }

    public long Files { get; private set; }

    public long Failed { get; private set; }

    public long Changed { get; private set; }

    public void Add(TreeEntry entry)
    {
        Entries++;
        Files += entry.Kind == EntryKind.File ? 1 : 0;
        Failed += entry.State is EntryState.Unreadable or EntryState.Vanished ? 1 : 0;
        Changed += entry.State == EntryState.ChangedWhileRead ? 1 : 0;
        // What is recorded only is so by its nature or by a rule, which has its own count; everything else that is not whole is named.
        if (entry.State is not (EntryState.Captured or EntryState.RecordedOnly))
        {
            List(entry);
        }
    }

    private void List(TreeEntry entry)
    {
        string path = TreePath.Display(entry.Path);
        path = path.Length <= PathLengthMax ? path : path[..PathLengthMax] + "...";
        string reason = entry.Reason.Length <= ItemOutcome.ReasonLengthMax ? entry.Reason : entry.Reason[..ItemOutcome.ReasonLengthMax];
        if (_items.Count < ItemOutcome.ListedMax && _characters + path.Length + reason.Length <= ListedCharactersMax)
        {
            _items.Add(new ItemOutcome(path, entry.State, reason));
            _characters += path.Length + reason.Length;
        }
    }
}
