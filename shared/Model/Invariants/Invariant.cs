using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace K8sBackup.Model.Invariants;

/// <summary>Checks for our own mistakes, on in every build. Bad input gets a typed error instead.</summary>
public static class Invariant
{
    /// <summary>Stops the operation when <paramref name="condition"/> does not hold.</summary>
    /// <exception cref="InvariantViolationException">The condition is false.</exception>
    public static void Check(
        [DoesNotReturnIf(false)] bool condition,
        [CallerArgumentExpression(nameof(condition))] string expression = "")
    {
        if (!condition)
        {
            throw new InvariantViolationException(expression);
        }
    }
}
