namespace K8sBackup.Bench.Tools;

/// <summary>The tools of one round on one data set, each with an empty repository.</summary>
internal sealed class ToolSet : IAsyncDisposable
{
    /// <summary>All there are, ours last.</summary>
    public static readonly IReadOnlyList<string> Names = [ResticTool.ToolName, BorgTool.ToolName, OwnTool.ToolName];

    private readonly IBackupTool[] _tools;
    private readonly string[] _folders;

    private ToolSet(IBackupTool[] tools, string[] folders)
    {
        _tools = tools;
        _folders = folders;
    }

    public static async Task<ToolSet> CreateAsync(
        CommandRunner runner, TimeProvider clock, string data, WorkFolder work, string dataSet, CancellationToken cancellationToken)
    {
        string[] folders = [.. Names.Select(n => work.New($"{dataSet}-{n}"))];
        ToolSet set = new(
            [new ResticTool(runner, data, folders[0]), new BorgTool(runner, data, folders[1]), new OwnTool(runner, clock, data, folders[2], work.Path)],
            folders);
        try
        {
            foreach (IBackupTool tool in set._tools)
            {
                await tool.PrepareAsync(cancellationToken);
            }

            return set;
        }
        catch
        {
            await set.DisposeAsync();
            throw;
        }
    }

    /// <summary>The tools in the order of a round: each is first, second and last in turn.</summary>
    public IEnumerable<IBackupTool> InOrderOf(int round) => Enumerable.Range(0, _tools.Length).Select(i => _tools[(i + round) % _tools.Length]);

    public async ValueTask DisposeAsync()
    {
        foreach (IBackupTool tool in _tools)
        {
            await tool.DisposeAsync();
        }

        foreach (string folder in _folders)
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
