using System.Globalization;

namespace K8sBackup.Bench;

/// <summary>What the command line asked for.</summary>
internal sealed record BenchOptions
{
    public const string Usage = """
        usage: ./dev bench [--rounds N] [--scale F] [--only NAME] [--dir DIR]

          --rounds N   measurements of each operation, 1 to 100; default 3
          --scale F    share of the full data, 0.001 to 10; default 0.25 (1 is 1.2 GB and 200,000 files)
          --only NAME  one data set: mixed, tiny, pages or edits; or memory: backups under limits that the kernel enforces
          --dir DIR    where data and repositories go; default: shared memory when it has room, else the temporary directory

        Prints a table and writes bench/results/TIME.json. Nothing is asserted about speed.
        """;

    // Full data take minutes with restic alone; a quarter of it still moves hundreds of megabytes.
    private const double DefaultScale = 0.25;
    private const int DefaultRounds = 3;

    public int Rounds { get; init; } = DefaultRounds;

    public double Scale { get; init; } = DefaultScale;

    /// <summary>Name of the only data set; empty for all.</summary>
    public string Only { get; init; } = "";

    /// <summary>Directory to work in; empty to choose.</summary>
    public string Folder { get; init; } = "";

    /// <exception cref="BenchFailedException">The arguments are not understood.</exception>
    public static BenchOptions Parse(IReadOnlyList<string> arguments)
    {
        BenchOptions options = new();
        for (int i = 0; i < arguments.Count; i += 2)
        {
            string value = i + 1 < arguments.Count ? arguments[i + 1] : throw new BenchFailedException($"{arguments[i]} needs a value.\n{Usage}");
            options = arguments[i] switch
            {
                "--rounds" => options with { Rounds = (int)Number(arguments[i], value, 1, 100) },
                "--scale" => options with { Scale = Number(arguments[i], value, 0.001, 10) },
                "--only" => options with { Only = value },
                "--dir" => options with { Folder = Path.GetFullPath(value) },
                _ => throw new BenchFailedException($"There is no option '{arguments[i]}'.\n{Usage}"),
            };
        }

        return options;
    }

    private static double Number(string option, string text, double min, double max) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number) && number >= min && number <= max
            ? number
            : throw new BenchFailedException(string.Create(CultureInfo.InvariantCulture, $"{option} takes a number from {min} to {max}, not '{text}'."));
}
