using K8sBackup.Model.Manifests;
using K8sBackup.Model.Trees;

namespace K8sBackup.FileTree.Walking;

/// <summary>Counts what each rule of a walk left out. One thread.</summary>
internal sealed class ExclusionTally
{
    private const int ExampleLengthMax = 512;

    // In the order of the first thing each left out.
    private readonly List<Counter> _counters = [];
    private readonly Dictionary<string, Counter> _byRule = new(StringComparer.Ordinal);
    private int _characters;

    public IReadOnlyList<Excluded> Excluded =>
        [.. _counters.Select(counter => new Excluded(counter.Rule, counter.Files, counter.Directories, counter.Examples))];

    public void Add(string rule, ReadOnlySpan<byte> path, bool isDirectory)
    {
        if (!_byRule.TryGetValue(rule, out Counter? counter))
        {
            counter = new Counter(rule);
            _byRule.Add(rule, counter);
            _counters.Add(counter);
        }

        counter.Files += isDirectory ? 0 : 1;
        counter.Directories += isDirectory ? 1 : 0;
        if (counter.Examples.Count < Model.Manifests.Excluded.ExamplesMax && _characters < Model.Manifests.Excluded.ExampleCharactersMax)
        {
            string example = path.IsEmpty ? "/" : TreePath.Display(path);
            example = example.Length <= ExampleLengthMax ? example : example[..ExampleLengthMax] + "...";
            counter.Examples.Add(example);
            _characters += example.Length;
        }
    }

    private sealed class Counter(string rule)
    {
        public string Rule { get; } = rule;

        public long Files { get; set; }

        public long Directories { get; set; }

        public List<string> Examples { get; } = [];
    }
}
