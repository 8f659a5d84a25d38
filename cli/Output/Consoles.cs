using K8sBackup.Cli.Terminal;
using Spectre.Console;

namespace K8sBackup.Cli.Output;

/// <summary>Spectre consoles that write where the context says, and escape sequences to terminals only.</summary>
internal static class Consoles
{
    public static IAnsiConsole Create(CliContext context, TextWriter writer, bool isTerminal, int columns)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = isTerminal && context.Variable("NO_COLOR") is null ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = isTerminal ? InteractionSupport.Detect : InteractionSupport.No,
        });
        console.Profile.Width = columns;
        return console;
    }
}
