using System.CommandLine;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Cli.Watching;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

/// <summary>Checks the repository through the coordinator. Problems end it with the code for damaged data.</summary>
internal static class CheckCommand
{
    internal static readonly View<CheckMessage> Message = new View<CheckMessage>()
        .Object("progress", "Progress", CommonViews.Progress, m => m.Progress)
        .Object("result", "Result", CheckViews.Result, m => m.Result);

    public static Command Create(CommandHost host)
    {
        Option<double?> readData = new("--read-data")
        {
            Description = "Also read, decrypt and hash every chunk, or that share of them which was read the longest ago.",
            HelpName = "PERCENT",
            Arity = ArgumentArity.ZeroOrOne,
        };
        return host.Leaf(
            "check",
            "Checks that everything restore points need is in the store.",
            "k8sbackup check --read-data=5",
            async (session, parsed, cancellationToken) =>
            {
                CheckRequest request = Request(parsed.GetResult(readData) is not null, parsed.GetValue(readData));
                IAsyncEnumerable<CheckMessage> messages = CommandSession.StreamAsync(
                    session.Client.Check(request, session.LongCall(cancellationToken)), cancellationToken);
                CheckMessage? last = await Watcher.ShowAsync(
                    session,
                    Message,
                    messages,
                    m => m.Progress is { } progress ? Frames.OfCheck(progress) : null,
                    cancellationToken);
                if (last?.Result is not { } result)
                {
                    throw new InvalidDataException("The coordinator ended the check without a result.");
                }

                if (!session.Output.IsDocument)
                {
                    session.Output.One(CheckViews.Result, result);
                }

                return result.Problems.Count == 0 ? ExitCodes.Ok : ExitCodes.Damaged;
            },
            readData);
    }

    private static CheckRequest Request(bool readsData, double? percent) => percent switch
    {
        null => new CheckRequest { ReadData = readsData },
        > 0 and <= 100 => new CheckRequest { ReadData = true, ReadDataPercent = percent.Value },
        _ => throw new BackupException(FailureCause.InvalidRequest, "--read-data takes a percentage above 0 and up to 100."),
    };
}
