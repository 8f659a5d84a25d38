using K8sBackup.Cli.Failures;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Cli.Tests.Failures;

public sealed class ExitCodesTests
{
    [Fact]
    public void Of_EveryCause_IsNeverSuccess()
    {
        foreach (FailureCause cause in Enum.GetValues<FailureCause>())
        {
            Assert.NotEqual(ExitCodes.Ok, ExitCodes.Of(cause));
        }
    }

    [Fact]
    public void Of_EveryNamedCause_IsNoDefect()
    {
        FailureCause[] defects = [FailureCause.Unspecified, FailureCause.Internal];
        foreach (FailureCause cause in Enum.GetValues<FailureCause>().Except(defects))
        {
            Assert.NotEqual(ExitCodes.Internal, ExitCodes.Of(cause));
        }
    }
}
