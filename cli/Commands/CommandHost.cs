using System.CommandLine;
using System.CommandLine.Help;
using K8sBackup.Cli.Connection;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Cli.Terminal;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Mapping;

namespace K8sBackup.Cli.Commands;

/// <summary>What all commands have in common: the shared options, the frame each runs in, errors and exit codes.</summary>
internal sealed class CommandHost
{
    private readonly CliContext _context;
    private readonly Dictionary<Command, string> _examples = [];

    private readonly Option<string?> _config = new("--config")
    {
        Description = $"Client configuration. Default: ${ClientConfigFile.Variable}, else ~/.k8sbackup/config.yaml.",
        HelpName = "FILE",
        Recursive = true,
    };

    private readonly Option<OutputFormat> _output = new("--output")
    {
        Description = "How results are printed: table, json or yaml.",
        HelpName = "table|json|yaml",
        Recursive = true,
        DefaultValueFactory = _ => OutputFormat.Table,
    };

    public CommandHost(CliContext context) => _context = context;

    /// <summary>A command that does something.</summary>
    public Command Leaf(
        string name,
        string description,
        string example,
        Func<CommandSession, ParseResult, CancellationToken, Task<int>> run,
        params ReadOnlySpan<Symbol> symbols)
    {
        Command command = new(name, description);
        foreach (Symbol symbol in symbols)
        {
            if (symbol is Argument argument)
            {
                command.Add(argument);
            }
            else
            {
                command.Add((Option)symbol);
            }
        }

        _examples[command] = example;
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, run, cancellationToken));
        return command;
    }

    /// <summary>A command that only holds others.</summary>
    public static Command Group(string name, string description, params ReadOnlySpan<Command> commands)
    {
        Command group = new(name, description);
        foreach (Command command in commands)
        {
            group.Add(command);
        }

        return group;
    }

    /// <summary>Adds the shared options and the examples in the help.</summary>
    public void Complete(RootCommand root)
    {
        root.Add(_config);
        root.Add(_output);
        foreach (VersionOption version in root.Options.OfType<VersionOption>().ToArray())
        {
            root.Options.Remove(version);
        }

        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Action = new ExampleHelp((HelpAction)help.Action!, _examples);
    }

    private async Task<int> RunAsync(
        ParseResult parsed,
        Func<CommandSession, ParseResult, CancellationToken, Task<int>> run,
        CancellationToken cancellationToken)
    {
        OutputFormat format = parsed.GetValue(_output);
        using CommandSession session = new(_context, format, parsed.GetValue(_config));
        try
        {
            return await run(session, parsed, cancellationToken);
        }
        catch (Exception e) when (CommandFailures.IsExpected(e))
        {
            ShowError(CommandFailures.ToFailure(e), format);
            return cancellationToken.IsCancellationRequested ? ExitCodes.Cancelled : CommandFailures.ExitCodeOf(e);
        }
    }

    private void ShowError(Failure failure, OutputFormat format)
    {
        if (format == OutputFormat.Table)
        {
            string place = failure.Source.Length > 0 ? failure.Source : failure.Node;
            string text = place.Length > 0 ? $"{place}: {failure.Message}" : failure.Message;
            _context.Error.WriteLine($"error: {Printable.Lines(text)} ({failure.Cause})");
        }
        else
        {
            CliContext errors = _context with { Out = _context.Error };
            new Renderer(errors, format).One(CommonViews.Failure, SourceMapping.ToWire(failure));
        }
    }
}
