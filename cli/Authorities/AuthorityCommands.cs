using System.CommandLine;
using Google.Protobuf.WellKnownTypes;
using K8sBackup.Cli.Commands;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Authorities;

/// <summary>The commands about the certificate authority and its replacement.</summary>
internal static class AuthorityCommands
{
    public static Command Create(CommandHost host) => CommandHost.Group(
        "authority",
        "The coordinator's certificate authority, and another in its place.",
        Show(host),
        Rotate(host),
        Renew(host),
        Finish(host));

    private static Command Show(CommandHost host) => host.Leaf(
        "show",
        "Shows the authority, and how far its replacement is.",
        "k8sbackup authority show",
        async (session, _, cancellationToken) =>
        {
            session.Output.One(AuthorityViews.State, await session.Authorities.ShowAsync(new ShowAuthorityRequest(), session.Call(cancellationToken)));
            return ExitCodes.Ok;
        });

    private static Command Rotate(CommandHost host)
    {
        Option<TimeSpan> overlap = new("--overlap")
        {
            Description = "How long the former authority is trusted at least, for operators to renew: 0s to 30d.",
            HelpName = "TIME",
            DefaultValueFactory = _ => TimeSpan.FromHours(24),
            CustomParser = Parsers.Duration,
        };
        return host.Leaf(
            "rotate",
            "Makes the next authority; both are trusted meanwhile. Agents renew by themselves, this operator's certificate is renewed here.",
            "k8sbackup authority rotate --overlap 7d",
            async (session, parsed, cancellationToken) =>
            {
                RotateAuthorityRequest request = new() { Overlap = Duration.FromTimeSpan(parsed.GetValue(overlap)) };
                AuthorityState state = await session.Authorities.RotateAsync(request, session.Call(cancellationToken));
                await OperatorRenewal.RenewAsync(session, cancellationToken);
                session.Output.One(AuthorityViews.State, state);
                return ExitCodes.Ok;
            },
            overlap);
    }

    private static Command Renew(CommandHost host) => host.Leaf(
        "renew",
        "Gets this operator a certificate of the authority that issues now. It ends when the former one would have.",
        "k8sbackup authority renew",
        async (session, _, cancellationToken) =>
        {
            session.Output.One(AuthorityViews.Renewed, await OperatorRenewal.RenewAsync(session, cancellationToken));
            return ExitCodes.Ok;
        });

    private static Command Finish(CommandHost host) => host.Leaf(
        "finish",
        "Drops the former authority now. Nodes and operators that have not renewed are shut out and enrol again.",
        "k8sbackup authority finish",
        async (session, _, cancellationToken) =>
        {
            session.Output.One(AuthorityViews.State, await session.Authorities.FinishAsync(new FinishRotationRequest(), session.Call(cancellationToken)));
            return ExitCodes.Ok;
        });
}
