using K8sBackup.Chart.Tests.Rendering;

namespace K8sBackup.Chart.Tests.Images;

/// <summary>A container file as its instructions; continued lines are joined and comments left out.</summary>
internal sealed class Dockerfile
{
    private Dockerfile(IReadOnlyList<(string Name, string Argument)> instructions) => Instructions = instructions;

    public IReadOnlyList<(string Name, string Argument)> Instructions { get; }

    public static Dockerfile Read(string program)
    {
        string text = string.Join('\n', File.ReadAllLines(RepositoryTree.PathOf($"eng/images/{program}.Dockerfile"))
            .Where(line => line.Length > 0 && !line.StartsWith('#')));
        return new Dockerfile([.. text.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n').Select(line => line.Split(' ', 2)).Select(parts => (parts[0], parts[1].Trim()))]);
    }

    public IEnumerable<string> Of(string name) => Instructions.Where(each => each.Name == name).Select(each => each.Argument);
}
