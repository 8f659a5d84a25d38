using System.Globalization;
using K8sBackup.Simulation.Sabotages;

namespace K8sBackup.Simulation;

/// <summary>What the command line asks for.</summary>
internal sealed record RunnerOptions
{
    public int Seeds { get; init; } = 200;

    public int First { get; init; } = 1;

    /// <summary>Prints every line of what happens.</summary>
    public bool Trace { get; init; }

    /// <summary>Prints the digest of each seed's trace.</summary>
    public bool Digests { get; init; }

    public Sabotage Sabotage { get; init; }

    /// <summary>Instead of seeds: one kill at every store call, from 1 to this.</summary>
    public int CrashCalls { get; init; }

    /// <summary>The first of them.</summary>
    public int CrashFirst { get; init; } = 1;

    /// <summary>The calls counted for <see cref="CrashCalls"/> are those of prunes.</summary>
    public bool InPrunes { get; init; }

    /// <exception cref="FormatException">An argument is unknown or has no proper value.</exception>
    public static RunnerOptions Parse(IReadOnlyList<string> args)
    {
        RunnerOptions options = new();
        for (int i = 0; i < args.Count; i++)
        {
            options = args[i] switch
            {
                "--trace" => options with { Trace = true },
                "--digests" => options with { Digests = true },
                "--seeds" => options with { Seeds = Number(args, ++i) },
                "--first" => options with { First = Number(args, ++i) },
                "--crash-calls" => options with { CrashCalls = Number(args, ++i) },
                "--crash-prune-calls" => options with { CrashCalls = Number(args, ++i), InPrunes = true },
                "--crash-first" => options with { CrashFirst = Number(args, ++i) },
                "--sabotage" => options with { Sabotage = Enum.Parse<Sabotage>(Value(args, ++i)) },
                _ => throw new FormatException($"there is no argument '{args[i]}'"),
            };
        }

        return options;
    }

    private static string Value(IReadOnlyList<string> args, int at) =>
        at < args.Count ? args[at] : throw new FormatException($"'{args[^1]}' needs a value");

    private static int Number(IReadOnlyList<string> args, int at) =>
        int.TryParse(Value(args, at), NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0
            ? number
            : throw new FormatException($"'{args[at]}' is not a positive number");
}
