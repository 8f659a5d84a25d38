using K8sBackup.Model.Ids;

namespace K8sBackup.Model.Retention;

/// <summary>What the rules say of one restore point, as it comes together.</summary>
internal sealed class RetentionReasons
{
    private readonly List<string> _for = [];
    private readonly List<string> _against = [];

    public void Keep(string reason)
    {
        _for.Add(reason);
        _against.Clear();
    }

    public void Drop(string reason)
    {
        if (_for.Count == 0)
        {
            _against.Add(reason);
        }
    }

    public RetentionVerdict ToVerdict(RestorePointId id) => new(id, _for, _against);
}
