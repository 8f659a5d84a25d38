namespace K8sBackup.FakeKube.Faults;

/// <summary>The trouble there is at the moment. Thread-safe.</summary>
public sealed class FaultPlan
{
    private readonly Lock _lock = new();
    private readonly List<(ApiFaultRule Rule, int Left)> _rules = [];

    public void Add(ApiFaultRule rule)
    {
        lock (_lock)
        {
            _rules.Add((rule, rule.Times));
        }
    }

    public void Clear()
    {
        lock (_lock)
        {
            _rules.Clear();
        }
    }

    internal ApiFaultRule? Next(string method, string path)
    {
        lock (_lock)
        {
            int at = _rules.FindIndex(entry =>
                entry.Left > 0
                && (entry.Rule.Method.Length == 0 || entry.Rule.Method == method)
                && path.Contains(entry.Rule.PathContains, StringComparison.Ordinal));
            if (at < 0)
            {
                return null;
            }

            _rules[at] = (_rules[at].Rule, _rules[at].Left - 1);
            return _rules[at].Rule;
        }
    }
}
