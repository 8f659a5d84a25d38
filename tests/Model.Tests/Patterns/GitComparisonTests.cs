using System.Diagnostics;
using System.Text;
using K8sBackup.Model.Patterns;

namespace K8sBackup.Model.Tests.Patterns;

/// <summary>Random lines and paths, judged by us, by a naive model and by git itself.</summary>
public sealed class GitComparisonTests
{
    private const string Alphabet = "aab//**?[]!-^\\ #.";

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void LeavesOut_RandomLines_AsTheModelSays(int seed)
    {
        Random random = new(seed);
        int fits = 0;
        for (int round = 0; round < 40_000; round++)
        {
            string line = Text(random, Alphabet, 8);
            if (PathPattern.Parse(line) is not { } pattern)
            {
                Assert.True(NaivePattern.IsNothing(line));
                continue;
            }

            byte[] path = Encoding.UTF8.GetBytes(RandomPath(random));
            bool isDirectory = random.Next(2) == 0;
            bool expected = NaivePattern.Fits(line, path, isDirectory);
            Assert.True(expected == pattern.Fits(path, isDirectory), $"'{line}' on '{Encoding.UTF8.GetString(path)}': the model says {expected}");
            fits += expected ? 1 : 0;
        }

        Assert.InRange(fits, 1000, 39_000);
    }

    [Fact]
    public async Task LeavesOut_RandomFiles_AsGitCheckIgnoreSays()
    {
        using TemporaryRepository git = await TemporaryRepository.CreateAsync();
        Random random = new(3);
        int left = 0;
        for (int round = 0; round < 25; round++)
        {
            string[] lines = [.. Enumerable.Range(0, 1 + random.Next(4)).Select(_ => Line(random))];
            string[] paths = [.. Enumerable.Range(0, 80).Select(_ => RandomPath(random)).Distinct(StringComparer.Ordinal)];
            HashSet<string> ignored = await git.IgnoredAsync(lines, paths);
            PatternList list = new(lines);
            foreach (string path in paths)
            {
                bool expected = ignored.Contains(path);
                Assert.True(expected == IsLeftOut(list, path), $"[{string.Join("|", lines)}] on '{path}': git says {expected}");
                left += expected ? 1 : 0;
            }
        }

        Assert.InRange(left, 100, 1800);
    }

    // No file below a directory that is left out can be taken back.
    private static bool IsLeftOut(PatternList list, string path)
    {
        string[] names = path.Split('/');
        return Enumerable.Range(1, names.Length).Any(n =>
            list.LeavesOut(Encoding.UTF8.GetBytes(string.Join('/', names[..n])), isDirectory: n < names.Length) is not null);
    }

    // Where git does not do what its manual says: it compares what comes before the first wildcard on its own, and takes "**" right
    // behind that for a component.
    private static string Line(Random random)
    {
        string line;
        do
        {
            line = Text(random, Alphabet, 9);
        }
        while (line.Contains("\\/", StringComparison.Ordinal) || HasPartialStars(line));
        return line;
    }

    private static bool HasPartialStars(string line) =>
        line.Split('/').Any(part => part.Contains("**", StringComparison.Ordinal) && part.TrimStart('!').Any(c => c != '*'));

    private static string RandomPath(Random random)
    {
        string path;
        do
        {
            path = string.Join('/', Enumerable.Range(0, 1 + random.Next(4)).Select(_ => Text(random, "aaab-!.#] [", 3)));
        }
        while (!IsFree(path));
        return path;
    }

    // Names no tree holds, and one git cannot be asked about.
    private static bool IsFree(string path) => path.Split('/').All(name => name is not ("." or ".." or ".git"));

    private static string Text(Random random, string alphabet, int max) =>
        string.Concat(Enumerable.Range(0, 1 + random.Next(max)).Select(_ => alphabet[random.Next(alphabet.Length)]));

    private sealed class TemporaryRepository : IDisposable
    {
        private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("git-");

        public static async Task<TemporaryRepository> CreateAsync()
        {
            TemporaryRepository repository = new();
            await repository.RunAsync("", "init", "-q", ".");
            return repository;
        }

        public async Task<HashSet<string>> IgnoredAsync(string[] lines, string[] paths)
        {
            await File.WriteAllTextAsync(Path.Combine(_directory.FullName, ".git", "info", "exclude"), string.Join('\n', lines) + "\n");
            string output = await RunAsync(string.Join('\0', paths) + "\0", "check-ignore", "-z", "--no-index", "--stdin");
            return [.. output.Split('\0', StringSplitOptions.RemoveEmptyEntries)];
        }

        public void Dispose() => _directory.Delete(recursive: true);

        private async Task<string> RunAsync(string input, params string[] arguments)
        {
            ProcessStartInfo start = new("git", ["-c", "core.excludesFile=/dev/null", "-c", "core.ignoreCase=false", .. arguments])
            {
                WorkingDirectory = _directory.FullName,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            };
            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
            await process.WaitForExitAsync();
            // 1: none of the paths is ignored.
            Assert.InRange(process.ExitCode, 0, 1);
            return await output;
        }
    }
}
