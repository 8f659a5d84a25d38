using K8sBackup.Model.Manifests;

namespace K8sBackup.Coordinator.Recovery;

/// <summary>Collects what speaks against a set, each thing once.</summary>
internal sealed class SetFindings
{
    private readonly List<string> _missing = [];
    private readonly List<string> _warnings = [];
    private DateTimeOffset? _firstExpiry;
    private string _firstExpiryOf = "";

    public void Missing(string text) => Add(_missing, text);

    public void Warning(string text) => Add(_warnings, text);

    public void Expires(DateTimeOffset at, string what)
    {
        if (_firstExpiry is null || at < _firstExpiry)
        {
            (_firstExpiry, _firstExpiryOf) = (at, what);
        }
    }

    public RecoverySet ToSet(IReadOnlyList<string> nodes) => new()
    {
        Nodes = nodes,
        Missing = _missing,
        Warnings = _warnings,
        FirstExpiry = _firstExpiry,
        FirstExpiryOf = _firstExpiryOf,
    };

    private static void Add(List<string> list, string text)
    {
        if (list.Count < RecoverySet.ListedMax && !list.Contains(text))
        {
            list.Add(text);
        }
    }
}
